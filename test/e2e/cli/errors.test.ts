import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import { findFreePorts } from '../../support/cluster/free-ports.ts';
import { startCluster, type Cluster } from '../../support/cluster.ts';
import { job } from '../support/job-manifest.ts';
import { cliUser, type CliOptions, type CliUser } from './cli-fixture.ts';
import { limitedUser } from './limited-user.ts';

/** A kubeconfig in the parts that tests change. */
interface Kubeconfig {
  clusters: { name: string; cluster: Record<string, unknown> }[];
  contexts: { name: string; context: Record<string, unknown> }[];
  users: { name: string; user: Record<string, unknown> }[];
  'current-context': string;
}

describe('jobflow and a cluster that it cannot use', () => {
  /** Without jobflow, for only then there are no kinds of it. */
  let cluster: Cluster;
  let user: CliUser;
  /** The admin's. */
  let admin: Kubeconfig;
  let written = 0;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await startCluster({ nodes: 1 });
    user = await cliUser(cluster);
    const { stdout } = await cluster.kubectl(['config', 'view', '--raw', '-o', 'json']);
    admin = JSON.parse(stdout) as Kubeconfig;
  });

  after(() => cluster.stop());

  async function file(content: string): Promise<string> {
    const path = join(cluster.directory, `kubeconfig-${++written}`);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  }

  /** The admin's kubeconfig with something else in it. */
  function changed(change: (config: Kubeconfig) => void): Promise<string> {
    const config = structuredClone(admin);
    change(config);
    return file(stringify(config));
  }

  function asUser(credentials: Record<string, unknown>): Promise<string> {
    return changed(({ users: [entry] }) => {
      if (entry !== undefined) entry.user = credentials;
    });
  }

  function atServer(fields: Record<string, unknown>): Promise<string> {
    return changed(({ clusters: [entry] }) => {
      if (entry !== undefined) entry.cluster = { ...entry.cluster, ...fields };
    });
  }

  /** What a command says, that fails with one sentence and nothing else. */
  async function failure(words: readonly string[], options: CliOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await user.jobflow(words, options);
    expect({ code, stdout }, stderr).to.deep.equal({ code: 1, stdout: '' });
    expect(stderr.trimEnd().split('\n'), stderr).to.have.length(1);
    return stderr.trimEnd();
  }

  const status = (kubeconfig: string) => failure(['status'], { kubeconfig });

  it('says where nobody listens', async () => {
    const [port = 0] = await findFreePorts(1);
    const server = `https://127.0.0.1:${port}`;
    const [refused, unknown] = await Promise.all([
      atServer({ server }).then(status),
      atServer({ server: 'https://no-such-host.invalid' }).then(status),
    ]);
    expect(refused).to.equal(
      `The cluster at ${server} cannot be reached (connect ECONNREFUSED 127.0.0.1:${port}); see that it runs, and that --context names the right one.`,
    );
    expect(unknown).to.match(
      /^The cluster at https:\/\/no-such-host\.invalid cannot be reached \(getaddrinfo /,
    );
  });

  it('says so too where it follows', async () => {
    const [port = 0] = await findFreePorts(1);
    const kubeconfig = await atServer({ server: `https://127.0.0.1:${port}` });
    expect(await failure(['status', '--watch'], { kubeconfig })).to.include('cannot be reached');
  });

  it('says whom it does not trust, and what is no API server', async () => {
    const [untrusted, plain] = await Promise.all([
      atServer({ 'certificate-authority-data': undefined }).then(status),
      atServer({ server: cluster.server.replace('https', 'http') }).then(status),
    ]);
    expect(untrusted).to.match(
      /^The certificate of the cluster at https:\S+ is not trusted \([^;]+\); correct certificate-authority in your kubeconfig, or use another --context\.$/,
    );
    expect(plain).to.equal('The API server answered 400: Client sent an HTTP request to an HTTPS server.');
  });

  it('says that credentials are wrong, have expired or are missing', async () => {
    const expired = await cluster.authority.issue({
      commonName: 'late',
      notAfter: new Date(Date.now() - 60_000),
    });
    const data = (text: string) => Buffer.from(text).toString('base64');
    const [byToken, byCertificate, byNothing, unreadable] = await Promise.all([
      asUser({ token: 'nonsense' }).then(status),
      asUser({
        'client-certificate-data': data(expired.cert),
        'client-key-data': data(expired.key),
      }).then(status),
      asUser({}).then(status),
      asUser({ 'client-certificate-data': data('no'), 'client-key-data': data('no') }).then(status),
    ]);
    const refused = `The cluster at ${cluster.server} does not accept your credentials, which are wrong or have expired; log in again, or use another --context.`;
    expect(byToken).to.equal(refused);
    expect(byCertificate).to.equal(refused);
    expect(byNothing).to.equal(
      `The cluster at ${cluster.server} does not know who you are, since your kubeconfig has no credentials for it; log in, or use another --context.`,
    );
    expect(unreadable).to.match(
      /^The certificates of your kubeconfig cannot be used \(.+\); correct them, or /,
    );
  });

  it('says what is wrong with a plugin for credentials', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', interactiveMode: 'Never' };
    const script = (text: string) => ({ ...exec, command: 'sh', args: ['-c', text] });
    const [missing, failing, silent] = await Promise.all([
      asUser({ exec: { ...exec, command: 'no-such-plugin' } }).then(status),
      asUser({ exec: script('echo You are not logged in. >&2; exit 1') }).then(status),
      asUser({ exec: script('echo token') }).then(status),
    ]);
    const of = (command: string) => `users: the credential plugin "${command}" of "jobflow"`;
    expect(missing).to.equal(`${of('no-such-plugin')} is not installed; install it, or use another context.`);
    expect(failing).to.equal(
      `${of('sh')} failed (You are not logged in); log in again, or use another context.`,
    );
    expect(silent).to.equal(
      `${of('sh')} gave no ExecCredential in JSON; correct it, or use another context.`,
    );
  });

  it('says which right is missing', async () => {
    const none = { kubeconfig: await limitedUser(cluster, user.namespace, []) };
    const who = `system:serviceaccount:${user.namespace}:limited`;
    const [inNamespace, everywhere, following] = await Promise.all([
      failure(['status'], none),
      failure(['status', '-A'], none),
      failure(['status', '--watch'], none),
    ]);
    const missing = `jobs.batch is forbidden: User "${who}" cannot list resource "jobs" in API group "batch"`;
    const mend = 'ask for that right, or use another namespace or --context.';
    expect(inNamespace).to.equal(`${missing} in the namespace "${user.namespace}"; ${mend}`);
    expect(following).to.equal(inNamespace);
    expect(everywhere).to.equal(`${missing} at the cluster scope; ${mend}`);
  });

  it('works with the rights that there are, and says what it may not read', async () => {
    const { namespace, jobflow } = await cliUser(cluster);
    await cluster.apply(job('a').annotated('run', 'monday').lasts('3600s'), { namespace });
    const few = await limitedUser(cluster, namespace, [
      { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list'] },
    ]);
    const { code, stdout, stderr } = await jobflow(['status'], { kubeconfig: few });
    expect(code).to.equal(0);
    expect(stdout).to.match(/\na +(Running|Waiting) /);
    expect(stderr.split('\n')).to.deep.equal([
      'You may not list jobflows here, so nothing is said of them; ask for the right to list jobflows.',
      'You may not list daemonjobs here, so nothing is said of them; ask for the right to list daemonjobs.',
      '',
    ]);
  });

  it('says that a namespace does not exist', async () => {
    const commands = [['status'], ['status', 'a'], ['graph'], ['graph', 'etl'], ['tree', 'a']];
    const said = await Promise.all(commands.map((words) => failure(words, { namespace: 'nowhere' })));
    for (const sentence of said)
      expect(sentence).to.equal('Namespace "nowhere" does not exist; create it, or name another with -n.');
  });

  it('works where jobflow is not installed, and says so where that matters', async () => {
    const { namespace } = user;
    await cluster.apply(job('plain').lasts('3600s'), { namespace });
    const { stdout, stderr, code } = await user.jobflow(['status', '--all']);
    expect({ stderr, code }).to.deep.equal({ stderr: '', code: 0 });
    expect(stdout).to.match(/\nplain /);
    expect(await failure(['graph', 'etl'])).to.equal(
      'The cluster has no jobflows (api.practice.com/v1alpha1); install jobflow there to use them.',
    );
  });

  it('says what is wrong with the kubeconfig', async () => {
    const missing = join(cluster.directory, 'no-such-file');
    const token = 'users: [{name: u, user: {token: secret}}]\nclusters: [a\nb: c';
    const broken = await file(token);
    const list = await file('- a');
    const noContext = await changed((config) => {
      config['current-context'] = '';
    });
    const noCluster = await changed(({ contexts: [entry] }) => {
      if (entry !== undefined) entry.context.cluster = 'gone';
    });
    const noServer = await atServer({ server: 'nonsense' });
    expect(
      await Promise.all([missing, broken, list, noContext, noCluster, noServer].map(status)),
    ).to.deep.equal([
      `${missing}: there is no such file; check the path, the variable KUBECONFIG and permissions.`,
      `${broken}: is no YAML (Flow sequence in block collection must be sufficiently indented and end with a ] at line 3, column 1); correct it.`,
      `${list}: not a kubeconfig; write an object of kind Config.`,
      `${noContext}: current-context: missing; set it, or name a context ("jobflow").`,
      `${noCluster}: clusters: there is no "gone"; add it or use another context.`,
      `${noServer}: server: "nonsense" is no address; write https://host:port.`,
    ]);
  });

  it('says which contexts there are', async () => {
    expect(await failure(['status', '--context', 'production'])).to.equal(
      `${cluster.kubeconfigPath}: contexts: there is no "production"; add it or use another ("jobflow").`,
    );
  });

  it('reads several kubeconfigs as kubectl does, without those that are missing', async () => {
    const contexts = await file('contexts: [{name: other, context: {cluster: jobflow, user: jobflow}}]\n');
    const paths = [contexts, join(cluster.directory, 'no-such-file'), cluster.kubeconfigPath].join(':');
    const { code, stderr } = await user.jobflow(['status', '--context', 'other', '--all'], {
      kubeconfig: paths,
    });
    expect({ code, stderr: stderr.replace(/There is no Job .*\n/, '') }).to.deep.equal({
      code: 0,
      stderr: '',
    });
  });
});
