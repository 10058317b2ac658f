import { refusal } from '../../api/errors.ts';
import type { JsonObject } from '../../api/job.ts';
import type { Findings } from './findings.ts';
import type { JobWork } from './pipeline.ts';
import { parseQuantity } from './quantity.ts';
import {
  fieldsOf,
  isNull,
  isStated,
  itemsOf,
  readBoolean,
  readText,
  refuseMissing,
  refuseValue,
  requireText,
  type StatedValue,
} from './stated-value.ts';
import { TEXT_RULES } from './text-rules.ts';

/**
 * Reads what a Job runs: its own `NAME.yaml`.
 *
 * @param at the whole of it
 * @param findings takes what is wrong with it
 */
export function readJobWork(at: StatedValue, findings: Findings): JobWork {
  const known = ['command', 'image', 'resources', 'volumes', 'volumeMounts'] as const;
  const { command, image, resources, volumes, volumeMounts } = fieldsOf(at, known, findings);
  const readVolumes = itemsOf(volumes, 'a list of volumes', findings).map((item) =>
    readVolume(item, findings),
  );
  refuseRepeated(readVolumes, findings);
  const names = new Set(readVolumes.map(({ name }) => name));
  return {
    command: itemsOf(command, 'a list of texts, such as ["sh", "-c", "date"]', findings).flatMap((item) => {
      if (isNull(item)) refuseMissing(item, item.field, 'a text, "" if it is to be empty', findings);
      return readText(item, TEXT_RULES.any, findings) ?? [];
    }),
    image: readText(image, TEXT_RULES.image, findings),
    resources: readResources(resources, findings),
    volumes: readVolumes.map(({ volume }) => volume),
    volumeMounts: readMounts(volumeMounts, names, findings),
  };
}

interface ReadVolume {
  readonly at: StatedValue;
  readonly name: string;
  readonly volume: JsonObject;
}

function readVolume(at: StatedValue, findings: Findings): ReadVolume {
  const fields = fieldsOf(at, ['name', 'persistentVolumeClaim'], findings);
  const name = requireText(at, 'name', fields.name, TEXT_RULES.volume, findings) ?? '';
  const pvc = fields.persistentVolumeClaim;
  const claim = isStated(pvc) ? readClaim(pvc, findings) : undefined;
  if (!isStated(pvc)) {
    refuseMissing(at, `${at.field}.persistentVolumeClaim`, 'an object with the claimName', findings);
  }
  return { at, name, volume: { name, persistentVolumeClaim: { claimName: claim ?? '' } } };
}

function readClaim(at: StatedValue, findings: Findings): string | undefined {
  const { claimName } = fieldsOf(at, ['claimName'], findings);
  return requireText(at, 'claimName', claimName, TEXT_RULES.claim, findings);
}

function refuseRepeated(volumes: readonly ReadVolume[], findings: Findings): void {
  const taken = new Map<string, string>();
  for (const { at, name } of volumes) {
    const other = taken.get(name);
    if (other === undefined) taken.set(name, at.field);
    else if (name !== '') {
      const field = `${at.field}.name`;
      refuseValue(at, refusal('NameTaken', { field, name, other, what: 'volume' }).message, findings);
    }
  }
}

function readMounts(
  at: StatedValue | undefined,
  volumes: ReadonlySet<string>,
  findings: Findings,
): JsonObject[] {
  const paths = new Map<string, string>();
  return itemsOf(at, 'a list of mounts', findings).map((item) => {
    const fields = fieldsOf(item, ['name', 'mountPath', 'readOnly'], findings);
    const name = requireText(item, 'name', fields.name, TEXT_RULES.volume, findings) ?? '';
    const mountPath = requireText(item, 'mountPath', fields.mountPath, TEXT_RULES.mountPath, findings) ?? '';
    const readOnly = readBoolean(fields.readOnly, findings);
    if (name !== '' && !volumes.has(name)) {
      const field = `${item.field}.name`;
      refuseValue(item, refusal('VolumeUnknown', { field, name, where: 'volumes' }).message, findings);
    }
    const other = paths.get(mountPath);
    if (other === undefined) paths.set(mountPath, item.field);
    else if (mountPath !== '') {
      const field = `${item.field}.mountPath`;
      const allowed = `a path of its own, since ${other} mounts there too`;
      refuseValue(item, refusal('FieldNotAllowed', { field, value: mountPath, allowed }).message, findings);
    }
    return { name, mountPath, ...(readOnly !== undefined && { readOnly }) };
  });
}

const AMOUNTS = ['cpu', 'memory'] as const;

function readResources(at: StatedValue | undefined, findings: Findings): JsonObject | undefined {
  const { requests, limits } = fieldsOf(at, ['requests', 'limits'], findings);
  const requested = fieldsOf(requests, AMOUNTS, findings);
  const limited = fieldsOf(limits, AMOUNTS, findings);
  const amounts = { requests: {} as JsonObject, limits: {} as JsonObject };
  for (const name of AMOUNTS) {
    const request = readText(requested[name], TEXT_RULES.quantity, findings);
    const limit = readText(limited[name], TEXT_RULES.quantity, findings);
    if (request !== undefined) amounts.requests[name] = request;
    if (limit !== undefined) amounts.limits[name] = limit;
    const at = requested[name];
    if (at !== undefined && request !== undefined && limit !== undefined && isMore(request, limit)) {
      const allowed = `at most the limit, ${limit}`;
      refuseValue(
        at,
        refusal('FieldNotAllowed', { field: at.field, value: request, allowed }).message,
        findings,
      );
    }
  }
  const stated = Object.entries(amounts).filter(([, amount]) => Object.keys(amount).length > 0);
  return stated.length === 0 ? undefined : Object.fromEntries(stated);
}

/** Numbers are not exact: `0.1` and `100m` may differ in the last digit. */
const TOLERANCE = 1e-9;

function isMore(request: string, limit: string): boolean {
  return (parseQuantity(request) ?? 0) > (parseQuantity(limit) ?? 0) * (1 + TOLERANCE);
}
