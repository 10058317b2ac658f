/*
 * `parse-yaml.mjs FILE`: parses YAML and does nothing else with it, as a measure for commands that read the same file.
 */
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

const text = readFileSync(process.argv[2], 'utf8');
const values = parseAllDocuments(text).map((document) => document.toJS());
console.log(`${values.length} documents`);
