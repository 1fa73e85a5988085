// The JavaScript peers at work for the benchmark: a JSON request a line in, a JSON answer a line out.
// An operation is prepared once under a number, then done once for its result or repeated for its time, which is
// taken here: neither the pipe nor the reading of a request is part of it. Nothing is ever fetched.
// It is run with the directory of the installed peers as working directory.
import readline from 'node:readline';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite as eddsaRdfc} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as eddsaJcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {cryptosuite as ecdsaRdfc} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import * as ecdsaSd from '@digitalbazaar/ecdsa-sd-2023-cryptosuite';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as jose from 'jose';

const documents = new Map();
const operations = new Map();

async function documentLoader(url) {
  if(!documents.has(url)) {
    throw new Error(`not at hand: ${url}`);
  }
  // "static" lets the JSON-LD library keep what it made of a context.
  return {contextUrl: null, documentUrl: url, document: documents.get(url), tag: 'static'};
}

function forVerifying(name) {
  return {
    'eddsa-rdfc-2022': () => eddsaRdfc,
    'eddsa-jcs-2022': () => eddsaJcs.createVerifyCryptosuite(),
    'ecdsa-rdfc-2019': () => ecdsaRdfc,
    'ecdsa-sd-2023': () => ecdsaSd.createVerifyCryptosuite()
  }[name]();
}

function forSigning(name, mandatoryPointers) {
  return {
    'eddsa-rdfc-2022': () => eddsaRdfc,
    'eddsa-jcs-2022': () => eddsaJcs.createSignCryptosuite(),
    'ecdsa-rdfc-2019': () => ecdsaRdfc,
    'ecdsa-sd-2023': () => ecdsaSd.createSignCryptosuite({mandatoryPointers})
  }[name]();
}

// Every operation goes from text to a result, as those of the other contenders do. Keys are ready, but for `verify`,
// where the library asks for the key document.
const kinds = {
  async verify({suite, text, now}) {
    const date = new Date(now);
    return async () => {
      const proof = new DataIntegrityProof({cryptosuite: forVerifying(suite)});
      const result = await vc.verifyCredential({credential: JSON.parse(text), suite: proof, documentLoader, now: date});
      return result.verified;
    };
  },
  async issue({suite, credential, key, created, mandatoryPointers}) {
    const library = suite.startsWith('eddsa') ? Ed25519Multikey : EcdsaMultikey;
    const signer = (await library.from({type: 'Multikey', ...key})).signer();
    return async () => {
      const cryptosuite = forSigning(suite, mandatoryPointers);
      const proof = new DataIntegrityProof({signer, date: created, cryptosuite});
      // The library adds the proof to the object it is given.
      return JSON.stringify(await vc.issue({credential: {...credential}, suite: proof, documentLoader}));
    };
  },
  async derive({text, selectivePointers}) {
    return async () => {
      const suite = new DataIntegrityProof({cryptosuite: ecdsaSd.createDiscloseCryptosuite({selectivePointers})});
      return JSON.stringify(await vc.derive({verifiableCredential: JSON.parse(text), suite, documentLoader}));
    };
  },
  async 'jwt-verify'({text, jwk, alg, issuer}) {
    const key = await jose.importJWK(jwk, alg);
    const decoder = new TextDecoder();
    return async () => {
      const {payload} = await jose.compactVerify(text, key, {algorithms: [alg]});
      return JSON.parse(decoder.decode(payload)).iss === issuer;
    };
  },
  async 'jwt-issue'({payload, header, jwk}) {
    const key = await jose.importJWK(jwk, header.alg);
    const encoder = new TextEncoder();
    return () => new jose.CompactSign(encoder.encode(JSON.stringify(payload))).setProtectedHeader(header).sign(key);
  }
};

const requests = {
  async load({documents: more}) {
    for(const [url, document] of Object.entries(more)) {
      documents.set(url, document);
    }
    return {};
  },
  async prepare({kind, ...rest}) {
    operations.set(operations.size, await kinds[kind](rest));
    return {id: operations.size - 1};
  },
  async once({id}) {
    return {result: await operations.get(id)()};
  },
  async time({id, count}) {
    const operation = operations.get(id);
    const cpu = process.cpuUsage();
    const wall = process.hrtime.bigint();
    for(let i = 0; i < count; ++i) {
      await operation();
    }
    const elapsed = Number(process.hrtime.bigint() - wall) / 1e9;
    const {user, system} = process.cpuUsage(cpu);
    return {wall: elapsed / count, cpu: (user + system) / 1e6 / count};
  }
};

for await (const line of readline.createInterface({input: process.stdin})) {
  let answer;
  try {
    const {request, ...rest} = JSON.parse(line);
    answer = {ok: true, ...await requests[request](rest)};
  } catch(error) {
    answer = {ok: false, error: String(error.errors ?? error)};
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
