/* `npm run fix`: mends what a machine can. */
import './end-with-parent.ts';
import { runTool } from './run-tool.ts';

const lint = await runTool('eslint', ['--fix', '.']);
const format = await runTool('prettier', ['--write', '--log-level=warn', '.']);
process.exitCode = Math.max(lint, format);
