import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createLogger } from '../../../src/runtime/logging.ts';
import { followTlsFiles, type KeyPair, type TlsReload } from '../../../src/runtime/tls-reload.ts';
import { createCertificateAuthority } from '../../support/cluster/certificates.ts';
import { waitUntil } from '../../support/cluster/wait-until.ts';

describe('TLS files', function () {
  this.timeout(20_000);
  let folder: string;
  let pairs: KeyPair[];
  let follower: TlsReload | undefined;
  let logged: string[];
  const taken: KeyPair[] = [];

  before(async () => {
    const authority = await createCertificateAuthority('test authority');
    pairs = await Promise.all(['a', 'b', 'c'].map((commonName) => authority.issue({ commonName })));
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jobflow-tls-'));
    logged = [];
    taken.length = 0;
  });
  afterEach(async () => {
    follower?.stop();
    await rm(folder, { recursive: true });
  });

  const pair = (index: number): KeyPair => pairs[index] ?? { cert: '', key: '' };
  const write = async (into: string, { cert, key }: KeyPair): Promise<void> => {
    await writeFile(join(into, 'tls.crt'), cert);
    await writeFile(join(into, 'tls.key'), key);
  };
  const follow = async (pollMs = 60_000): Promise<TlsReload> => {
    follower = await followTlsFiles({
      certFile: join(folder, 'tls.crt'),
      keyFile: join(folder, 'tls.key'),
      log: createLogger({
        program: 'jobflow-test',
        level: 'info',
        destination: { write: (line: string) => void logged.push((JSON.parse(line) as { msg: string }).msg) },
      }),
      onChange: (next) => taken.push(next),
      quietMs: 5,
      pollMs,
    });
    return follower;
  };

  it('takes a pair that is written over the old one', async () => {
    await write(folder, pair(0));
    const tls = await follow();
    expect(tls.current).to.deep.equal(pair(0));
    await write(folder, pair(1));
    await waitUntil('the new pair', () => tls.current.cert === pair(1).cert, { limitMs: 5_000 });
    expect(taken.at(-1)).to.deep.equal(pair(1));
  });

  it('takes a mounted Secret that changes by the swap of a symlink', async () => {
    const swapTo = async (version: string, next: KeyPair): Promise<void> => {
      await mkdir(join(folder, version));
      await write(join(folder, version), next);
      await symlink(version, join(folder, '..data_tmp'));
      await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    await swapTo('..1', pair(0));
    await symlink('..data/tls.crt', join(folder, 'tls.crt'));
    await symlink('..data/tls.key', join(folder, 'tls.key'));
    const tls = await follow();
    await swapTo('..2', pair(1));
    await waitUntil('the new pair', () => tls.reloads === 1, { limitMs: 5_000 });
    expect(taken).to.deep.equal([pair(1)]);
  });

  it('keeps the old pair while the new one is broken, says so once, and takes the mended one', async () => {
    await write(folder, pair(0));
    const tls = await follow(20);
    await write(folder, { cert: pair(1).cert, key: pair(2).key });
    await waitUntil('the complaint', () => logged.length > 0, { limitMs: 5_000 });
    await writeFile(join(folder, 'tls.crt'), 'not PEM');
    await waitUntil('the second complaint', () => logged.length > 1, { limitMs: 5_000 });
    expect(new Set(logged)).to.deep.equal(new Set(['the new certificate cannot be used, the old one stays']));
    expect(tls.current).to.deep.equal(pair(0));
    expect(taken).to.deep.equal([]);
    await write(folder, pair(2));
    await waitUntil('the mended pair', () => tls.reloads === 1, { limitMs: 5_000 });
    expect(taken).to.deep.equal([pair(2)]);
  });

  it('never takes a file that has just been emptied', async () => {
    await write(folder, pair(0));
    const tls = await follow(20);
    await writeFile(join(folder, 'tls.crt'), '');
    await waitUntil('the complaint', () => logged.length > 0, { limitMs: 5_000 });
    expect(tls.current).to.deep.equal(pair(0));
    expect(taken).to.deep.equal([]);
  });

  it('refuses to start with a pair that does not work', async () => {
    await write(folder, { cert: pair(0).cert, key: pair(1).key });
    const error: unknown = await follow().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(Error).with.property('message').that.contains('does not belong');
  });
});
