import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cluster/program-build.ts';
import { runCommand } from './cluster/run-command.ts';

/**
 * The environment of an npm that a user runs: without what an npm that runs this process says to its children
 * (https://docs.npmjs.com/cli/using-npm/scripts#environment).
 */
export function npmEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string | undefined> {
  const own = Object.entries(env).filter(
    ([name]) => !/^npm_(?!config_(cache|registry|userconfig)$)/i.test(name),
  );
  return { ...Object.fromEntries(own), NODE_ENV: undefined, INIT_CWD: undefined };
}

/**
 * Another release of Node.js, by the npm package that brings the checkout its own; kept in the cache of jobflow's tasks.
 *
 * @param version such as `22.23.3`
 * @returns the folder of its program `node`
 * @throws Error with what npm wrote
 */
export async function nodeRelease(version: string): Promise<string> {
  const cache = cacheFolder(process.env);
  const target = join(cache, `node-${version}`);
  const programs = join(target, 'node_modules', '.bin');
  if (existsSync(join(programs, 'node'))) return programs;
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(`${target}-`);
  try {
    // The script of this package is what brings the program.
    await writeFile(
      join(folder, 'package.json'),
      JSON.stringify({ private: true, allowScripts: { node: true } }),
    );
    await runCommand(
      `npm install node@${version}`,
      [
        'npm',
        'install',
        '--prefer-offline',
        '--no-audit',
        '--no-fund',
        '--no-package-lock',
        `node@${version}`,
      ],
      { cwd: folder, env: npmEnvironment() },
    );
    // Whole or not at all; where another process was faster, its own will do.
    await rename(folder, target).catch((error: unknown) => {
      if (!existsSync(join(programs, 'node'))) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return programs;
}
