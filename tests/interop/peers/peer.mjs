// Independent implementations behind one pipe: a JSON request a line in, a JSON answer a line out.
// The first request hands over every document the peers may load; nothing is ever fetched.
import readline from 'node:readline';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite as eddsaRdfc} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as eddsaJcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {cryptosuite as ecdsaRdfc} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import * as ecdsaJcs from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite';
import * as ecdsaSd from '@digitalbazaar/ecdsa-sd-2023-cryptosuite';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import {Ed25519VerificationKey2020} from '@digitalbazaar/ed25519-verification-key-2020';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as jose from 'jose';

let documents = {};

async function documentLoader(url) {
  if(Object.hasOwn(documents, url)) {
    return {contextUrl: null, documentUrl: url, document: documents[url], tag: 'static'};
  }
  throw new Error(`not at hand: ${url}`);
}

function verifyCryptosuite(name) {
  return {
    'eddsa-rdfc-2022': () => eddsaRdfc,
    'eddsa-jcs-2022': () => eddsaJcs.createVerifyCryptosuite(),
    'ecdsa-rdfc-2019': () => ecdsaRdfc,
    'ecdsa-jcs-2019': () => ecdsaJcs.createVerifyCryptosuite(),
    'ecdsa-sd-2023': () => ecdsaSd.createVerifyCryptosuite()
  }[name]();
}

function signCryptosuite(name, {mandatoryPointers} = {}) {
  return {
    'eddsa-rdfc-2022': () => eddsaRdfc,
    'eddsa-jcs-2022': () => eddsaJcs.createSignCryptosuite(),
    'ecdsa-rdfc-2019': () => ecdsaRdfc,
    'ecdsa-jcs-2019': () => ecdsaJcs.createSignCryptosuite(),
    'ecdsa-sd-2023': () => ecdsaSd.createSignCryptosuite({mandatoryPointers})
  }[name]();
}

async function signer(key) {
  const library = key.publicKeyMultibase.startsWith('z6Mk') ? Ed25519Multikey : EcdsaMultikey;
  const pair = await library.from({type: 'Multikey', ...key});
  return pair.signer();
}

function verifySuite(name) {
  if(name === 'Ed25519Signature2020') {
    return new Ed25519Signature2020();
  }
  return new DataIntegrityProof({cryptosuite: verifyCryptosuite(name)});
}

const operations = {
  async load({documents: more}) {
    documents = {...documents, ...more};
    return {loaded: Object.keys(documents).length};
  },
  // The library's own judgement of the whole credential: proof, purpose, controller, dates.
  async verify({suite, credential, now}) {
    const result = await vc.verifyCredential({
      credential, suite: verifySuite(suite), documentLoader, now: now && new Date(now),
      checkStatus: async () => ({verified: true})
    });
    return {verified: result.verified, error: result.error && String(result.error.errors ?? result.error)};
  },
  async issue({suite, credential, key, created, mandatoryPointers}) {
    let made;
    if(suite === 'Ed25519Signature2020') {
      const pair = await Ed25519VerificationKey2020.from({
        id: key.id, controller: key.controller, publicKeyMultibase: key.publicKeyMultibase,
        privateKeyMultibase: key.secretKeyMultibase
      });
      made = new Ed25519Signature2020({key: pair, date: created});
    } else {
      made = new DataIntegrityProof({
        signer: await signer(key), date: created, cryptosuite: signCryptosuite(suite, {mandatoryPointers})
      });
    }
    return {credential: await vc.issue({credential, suite: made, documentLoader})};
  },
  async derive({credential, selectivePointers}) {
    const suite = new DataIntegrityProof({cryptosuite: ecdsaSd.createDiscloseCryptosuite({selectivePointers})});
    return {credential: await vc.derive({verifiableCredential: credential, suite, documentLoader})};
  },
  async 'jwt-verify'({token, jwk, alg, typ}) {
    const {payload, protectedHeader} = await jose.compactVerify(
      token, await jose.importJWK(jwk, alg), {algorithms: [alg]});
    if(typ && protectedHeader.typ !== typ) {
      throw new Error(`typ is ${protectedHeader.typ}`);
    }
    return {payload: JSON.parse(new TextDecoder().decode(payload))};
  },
  async 'jwt-sign'({payload, header, jwk}) {
    const token = await new jose.CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
      .setProtectedHeader(header).sign(await jose.importJWK(jwk, header.alg));
    return {token};
  },
  // Repeats one verification for a benchmark; the time is the peer's own, without the pipe.
  async time({suite, credential, now, seconds}) {
    const once = () => operations.verify({suite, credential, now});
    for(let i = 0; i < 5; ++i) {
      const {verified, error} = await once();
      if(!verified) {
        throw new Error(error);
      }
    }
    const start = process.hrtime.bigint();
    let count = 0;
    while(Number(process.hrtime.bigint() - start) < seconds * 1e9) {
      await once();
      ++count;
    }
    return {seconds: Number(process.hrtime.bigint() - start) / 1e9 / count, count};
  }
};

for await (const line of readline.createInterface({input: process.stdin})) {
  let answer;
  try {
    const {op, ...request} = JSON.parse(line);
    answer = {ok: true, ...await operations[op](request)};
  } catch(error) {
    answer = {ok: false, error: String(error.errors ?? error)};
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
