import type { Jobflow } from '../../support/cluster.ts';

/** Does something while no controller runs, and starts the controllers again, whatever became of it. */
export async function whileControllerIsDown<T>(jobflow: Jobflow, act: () => Promise<T>): Promise<T> {
  await Promise.all(jobflow.controllers.map((controller) => controller.stop()));
  try {
    return await act();
  } finally {
    for (const controller of jobflow.controllers) await controller.restart();
  }
}
