import { expect } from 'chai';
import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWebhookConfig } from '../../../src/runtime/config.ts';
import { followSettings } from '../../../src/runtime/follow-settings.ts';
import { createLogger } from '../../../src/runtime/logging.ts';
import { waitUntil } from '../../support/cluster/wait-until.ts';

describe('the file of settings', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jobflow-settings-'));
    file = join(folder, 'config.yaml');
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('states settings by the names of the flags in camelCase', async () => {
    await writeFile(file, 'logLevel: debug\nnamespaces: [shop, reports]\nmaxBodyBytes: 4096\ndrainDelay:\n');
    const parsed = readWebhookConfig(['--config', file], {});
    expect(parsed).to.nested.include({
      'settings.logLevel': 'debug',
      'settings.maxBodyBytes': 4_096,
      'settings.drainDelayMs': 5_000,
    });
    expect(parsed).to.have.nested.property('settings.namespaces').that.deep.equals(['shop', 'reports']);
  });

  it('gives way to a variable, and that to a flag', async () => {
    await writeFile(file, 'logLevel: debug\nmaxBodyBytes: 4096\nrequestTimeout: 8s\n');
    const env = { JOBFLOW_CONFIG: file, JOBFLOW_LOG_LEVEL: 'warn', JOBFLOW_MAX_BODY_BYTES: '2048' };
    const parsed = readWebhookConfig(['--log-level', 'error'], env);
    expect(parsed).to.nested.include({
      'settings.logLevel': 'error',
      'settings.maxBodyBytes': 2_048,
      'settings.requestTimeoutMs': 8_000,
    });
  });

  it('is refused with a sentence for each name and value that is wrong', async () => {
    await writeFile(file, 'logLvl: debug\nrequestTimeout: soon\nnamespaces: {a: b}\nconfig: other.yaml\n');
    const parsed = readWebhookConfig(['--config', file], {});
    const problems = parsed.kind === 'refused' ? parsed.problems : [];
    expect(problems).to.have.length(4);
    expect(problems[0]).to.match(/config\.yaml: logLvl: there is no such setting; give one of .*logLevel/);
    expect(problems[1]).to.include('namespaces: {"a":"b"} is not allowed');
    expect(problems[2]).to.include('config: there is no such setting');
    expect(problems[3]).to.equal(
      `${file}: requestTimeout: "soon" is not allowed; give a duration from 100ms to 30s, such as "9s".`,
    );
  });

  for (const [text, problem] of [
    ['a: [', 'is no YAML'],
    ['logLevel: *level', 'is no YAML: Unresolved alias'],
    ['namespaces: [1]', 'namespaces: [1] is not allowed; give a text, a number or a list of texts.'],
    ['- a', 'is no object'],
    ['text', 'is no object'],
  ] as const) {
    it(`is refused when its content is ${JSON.stringify(text)}`, async () => {
      await writeFile(file, text);
      const parsed = readWebhookConfig(['--config', file], {});
      expect(JSON.stringify(parsed)).to.include(problem);
    });
  }

  it('is refused when it cannot be read, and may be empty', async () => {
    expect(JSON.stringify(readWebhookConfig(['--config', file], {}))).to.include('cannot be read (ENOENT)');
    await writeFile(file, '# nothing\n');
    expect(readWebhookConfig(['--config', file], {}).kind).to.equal('settings');
  });

  it('changes the log level while the program runs, by the swap of a symlink, and nothing else', async () => {
    const lines: string[] = [];
    const log = createLogger({
      program: 'jobflow-test',
      level: 'info',
      destination: { write: (line) => void lines.push(line) },
    });
    const write = async (version: string, text: string): Promise<void> => {
      await writeFile(join(folder, version), text);
      await symlink(version, join(folder, `${version}.link`));
      await rename(join(folder, `${version}.link`), file);
    };
    await write('1', 'logLevel: info\n');
    const read = () => readWebhookConfig(['--config', file], {});
    const first = read();
    if (first.kind !== 'settings') throw new Error('not read');
    const end = followSettings({ file, values: first.values, read, log, intervalMs: 20 });
    try {
      await write('2', 'logLevel: debug\nnamespace: elsewhere\nauthorityOverlap: 48h\n');
      await waitUntil('the new level', () => log.level === 'debug');
      expect(lines.join(''))
        .to.include('"settings":["namespace","authorityOverlap"]')
        .and.to.include('"to":"debug"');
      await write('3', 'logLevel: loud\n');
      await waitUntil('the refusal', () => lines.join('').includes('the old ones stay'));
      expect(log.level).to.equal('debug');
      await write('4', 'logLevel: warn\n');
      await waitUntil('the level after it', () => log.level === 'warn');
    } finally {
      end();
    }
  });
});
