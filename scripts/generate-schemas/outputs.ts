import { stringify } from 'yaml';
import { RESOURCES, customResourceDefinition } from './custom-resource-definition.ts';
import { FLOW_DEFINITIONS } from './flow-definitions.ts';
import { jsonSchemaDocument } from './json-schema.ts';
import { readOpenApi } from './read-open-api.ts';
import type { Definitions } from './shape.ts';
import { typeScriptTypes } from './typescript.ts';

/** One generated file. */
export type Output = {
  /** From the root of the checkout. */
  readonly path: string;
  /** Not yet formatted. */
  readonly content: string;
};

const JOB_SPEC = 'io.k8s.api.batch.v1.JobSpec';
const GENERATED = 'src/api/generated';

/**
 * All generated files.
 *
 * @param openApi the parsed answer of `/openapi/v3/apis/batch/v1`
 * @param version of Kubernetes, as in `v1.36.3`
 * @throws Error that names the place when the document holds something unknown, or when a CRD grows too large
 */
export function generateOutputs(openApi: unknown, version: string): Output[] {
  const kubernetes = readOpenApi(openApi, [JOB_SPEC]);
  const all = new Map([...kubernetes, ...FLOW_DEFINITIONS]);
  for (const name of FLOW_DEFINITIONS.keys()) {
    if (kubernetes.has(name))
      throw new Error(`Kubernetes has a definition called ${name} as well: rename ours.`);
  }
  const note = `Generated from the OpenAPI of Kubernetes ${version} by scripts/generate-schemas.ts. Do not edit.`;
  const json = (id: string, document: object): Output => ({
    path: `${GENERATED}/${id}.schema.json`,
    content: JSON.stringify(document),
  });
  return [
    ...RESOURCES.map((resource) => ({
      path: `helm/jobflow/files/crds/${resource.plural}.yaml`,
      content: `# ${note}\n${stringify(customResourceDefinition(resource, all), { lineWidth: 0, aliasDuplicateObjects: false })}`,
    })),
    json('job-spec', jsonSchemaDocument('job-spec', note, kubernetes)),
    json(
      'flow-resources',
      jsonSchemaDocument('flow-resources', note, FLOW_DEFINITIONS, {
        id: 'job-spec',
        definitions: kubernetes,
      }),
    ),
    typeModule('job-spec', note, kubernetes, new Set()),
    typeModule('flow-resources', note, FLOW_DEFINITIONS, new Set(kubernetes.keys())),
  ];
}

function typeModule(name: string, note: string, own: Definitions, foreign: ReadonlySet<string>): Output {
  const types = typeScriptTypes(own, [
    { from: '../job.ts', names: new Set(['JsonObject']) },
    { from: './job-spec.ts', names: foreign },
  ]);
  return {
    path: `${GENERATED}/${name}.ts`,
    content: `/*\n * ${note}\n * Fields that are null count as absent here: the validators leave them out.\n */\n${types}\n`,
  };
}
