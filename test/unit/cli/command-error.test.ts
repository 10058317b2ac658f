import { expect } from 'chai';
import { sentenceOf } from '../../../src/cli/cluster/command-error.ts';
import { ApiError, errorOfAnswer, errorOfNetwork } from '../../../src/kube/api-error.ts';

const ASKED = { server: 'https://cluster' };

function network(code: string, message: string): string | undefined {
  return sentenceOf(errorOfNetwork(Object.assign(new Error(message), { code })), ASKED);
}

describe('an error of talking to a cluster', () => {
  it('is one sentence with what to do', () => {
    expect(network('ECONNREFUSED', 'connect ECONNREFUSED')).to.equal(
      'The cluster at https://cluster cannot be reached (connect ECONNREFUSED); see that it runs, and that --context names the right one.',
    );
    expect(network('CERT_HAS_EXPIRED', 'certificate has expired')).to.include(
      'The certificate of the cluster at https://cluster is not trusted (certificate has expired); correct',
    );
    expect(network('ERR_TLS_CERT_ALTNAME_INVALID', "IP is not in the cert's list")).to.include(
      'is not trusted',
    );
    expect(network('ERR_OSSL_PEM_NO_START_LINE', 'no start line')).to.include(
      'certificates of your kubeconfig',
    );
  });

  it('says that the cluster could not answer, and what something before it said', () => {
    expect(sentenceOf(errorOfAnswer(503, 'no backend is ready\n'), ASKED)).to.equal(
      'The cluster at https://cluster could not answer (the API server answered 503: no backend is ready); try again.',
    );
    expect(sentenceOf(errorOfAnswer(500, { message: 'etcdserver: request timed out' }), ASKED)).to.include(
      '(500: etcdserver: request timed out)',
    );
    expect(sentenceOf(errorOfAnswer(502, '<html>\n<h1>Bad gateway</h1>'), ASKED)).to.not.include('<');
    const invalid = { message: 'Job.batch "a" is invalid: spec: wrong', reason: 'Invalid' };
    expect(sentenceOf(errorOfAnswer(422, invalid), ASKED)).to.equal('Job.batch "a" is invalid: spec: wrong.');
  });

  it('of the program itself is none of the user', () => {
    expect(sentenceOf(new TypeError('x is not a function'), ASKED)).to.equal(undefined);
    expect(
      sentenceOf(new ApiError({ kind: 'denied', status: 401, message: 'Unauthorized' }), ASKED),
    ).to.include('does not accept your credentials');
  });
});
