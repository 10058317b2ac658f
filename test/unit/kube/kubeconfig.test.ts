import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { KubeconfigError, readAccess, readContextNames } from '../../../src/kube/kubeconfig.ts';
import type { ClusterAccess } from '../../../src/kube/kubeconfig.ts';

const TWO_CONTEXTS = `
apiVersion: v1
kind: Config
current-context: one
contexts:
  - {name: one, context: {cluster: c, user: u, namespace: team}}
  - {name: two, context: {cluster: c, user: v}}
clusters:
  - {name: c, cluster: {server: "https://example.test:6443/prefix", certificate-authority: ca.pem, tls-server-name: api}}
users:
  - {name: u, user: {tokenFile: token, as: someone, as-groups: [g1, g2]}}
  - {name: v, user: {client-certificate-data: Y2VydA==, client-key-data: a2V5}}
`;

async function refusal(reading: Promise<ClusterAccess>): Promise<string> {
  try {
    await reading;
  } catch (error) {
    if (error instanceof KubeconfigError) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('kubeconfig', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jobflow-kubeconfig-'));
    await writeFile(join(folder, 'ca.pem'), 'authority');
    await writeFile(join(folder, 'token'), 'first\n');
    await writeFile(join(folder, 'config'), TWO_CONTEXTS);
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  function read(context?: string): Promise<ClusterAccess> {
    return readAccess({ kubeconfigPath: join(folder, 'config'), context, env: {} });
  }

  it('knows the names of all contexts, of all files', async () => {
    const more = join(folder, 'more');
    await writeFile(more, 'contexts: [{name: three}, {context: {}}]');
    const env = { KUBECONFIG: [join(folder, 'config'), more].join(delimiter) };
    expect(await readContextNames({ env })).to.deep.equal(['one', 'two', 'three']);
    expect(await readContextNames({ kubeconfigPath: more, env })).to.deep.equal(['three']);
  });

  it('takes the current context, with paths relative to the file', async () => {
    const access = await read();
    expect(access).to.include({
      server: 'https://example.test:6443/prefix',
      namespace: 'team',
      token: 'first',
      tlsServerName: 'api',
      skipTlsVerify: false,
    });
    expect(String(access.ca)).to.equal('authority');
    expect(access.impersonate).to.deep.equal({
      'impersonate-user': 'someone',
      'impersonate-group': ['g1', 'g2'],
    });
  });

  it('takes another context, with data instead of paths', async () => {
    const access = await read('two');
    expect([String(access.clientCertificate), String(access.clientKey)]).to.deep.equal(['cert', 'key']);
    expect(access.token).to.equal(undefined);
  });

  it('reads a rotated token file again', async () => {
    await read();
    await writeFile(join(folder, 'token'), 'second');
    expect((await read()).token).to.equal('second');
  });

  it('joins the files of KUBECONFIG, the first of two entries winning', async () => {
    await writeFile(join(folder, 'over'), 'current-context: two\nusers: [{name: v, user: {token: over}}]\n');
    const env = { KUBECONFIG: [join(folder, 'over'), join(folder, 'config')].join(delimiter) };
    expect((await readAccess({ env })).token).to.equal('over');
  });

  it('falls back to the file in the home folder', async () => {
    expect(await refusal(readAccess({ env: { HOME: folder } }))).to.include(join(folder, '.kube', 'config'));
  });

  it('says what is missing and where', async () => {
    expect(await refusal(read('three'))).to.match(/config: contexts: there is no "three"/);
    await writeFile(join(folder, 'config'), 'nothing');
    expect(await refusal(read())).to.include('not a kubeconfig');
    await writeFile(join(folder, 'config'), TWO_CONTEXTS.replace('current-context: one', ''));
    expect(await refusal(read())).to.match(
      /config: current-context: missing; set it, or name a context \("one", "two"\)\./,
    );
  });

  it('says where it is no YAML, and nothing of what is in it', async () => {
    await writeFile(join(folder, 'config'), 'users: [{name: u, user: {token: secret}}\nb: c');
    const said = await refusal(read());
    expect(said).to.match(/config: is no YAML \(.* at line 2, column \d+\); correct it\.$/);
    expect(said).not.to.include('secret');
  });

  it('says why a file cannot be read', async () => {
    const missing = join(folder, 'missing');
    expect(await refusal(readAccess({ kubeconfigPath: missing, env: {} }))).to.match(
      /missing: there is no such file;/,
    );
    expect(await refusal(readAccess({ kubeconfigPath: folder, env: {} }))).to.include(
      `${folder}: is a folder;`,
    );
  });

  it('passes over files that are missing, where there are several', async () => {
    const KUBECONFIG = [join(folder, 'missing'), join(folder, 'config')].join(':');
    expect((await readAccess({ env: { KUBECONFIG } })).server).to.match(/^https:/);
  });

  it('refuses an address that is none', async () => {
    await writeFile(
      join(folder, 'config'),
      TWO_CONTEXTS.replaceAll(/server: \S+?(,|$)/gm, 'server: nonsense$1'),
    );
    expect(await refusal(read())).to.include('server: "nonsense" is no address; write https://host:port.');
  });

  it('refuses what it cannot do instead of ignoring it', async () => {
    await writeFile(
      join(folder, 'config'),
      TWO_CONTEXTS.replace('tls-server-name: api', 'proxy-url: "http://p"'),
    );
    expect(await refusal(read())).to.include('proxy-url');
  });
});
