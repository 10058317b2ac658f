import { parseManifests, type Manifest } from '../manifests/parse-manifests.ts';
import type { Input } from '../manifests/read-inputs.ts';
import type { Finding } from './finding.ts';

/** The objects of some files, and what could not be read. */
export interface ReadFiles {
  readonly manifests: readonly Manifest[];
  readonly findings: readonly Finding[];
}

/** Takes the objects from files; what cannot be read is told in its place. */
export function readFiles(inputs: readonly Input[]): ReadFiles {
  const found: Manifest[] = [];
  const findings: Finding[] = [];
  for (const input of inputs) {
    if (!input.ok) {
      findings.push(aboutFile(input.file, input.problem));
      continue;
    }
    const { manifests, problems } = parseManifests(input.file, input.text);
    for (const manifest of manifests) found.push(manifest);
    for (const { place, problem } of problems) {
      const rule = 'YamlInvalid';
      findings.push({ severity: 'error', rule, message: problem, ...place, object: undefined });
    }
  }
  return { manifests: found, findings };
}

function aboutFile(file: string, problem: string): Finding {
  const message = `The file ${problem}.`;
  const place = { file, line: undefined, column: undefined };
  return { severity: 'error', rule: 'FileUnreadable', message, ...place, object: undefined };
}
