// @sigstore/verify on the command line.
//
//   sigstore-js BUNDLE sha256:DIGEST TRUSTED_ROOT identity NAME ISSUER
//   sigstore-js BUNDLE sha256:DIGEST TRUSTED_ROOT key PUBLIC_KEY
//
// Ends with 0 if the library accepts the bundle, and its statement is about the digest; else with 1, and says why.
// A signature of an identity has to be logged once and to have one timestamp; one of a key may have neither.

import { bundleFromJSON } from '@sigstore/bundle';
import { PublicKeyDetails, TrustedRoot } from '@sigstore/protobuf-specs';
import { Verifier, toSignedEntity, toTrustMaterial } from '@sigstore/verify';
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [bundleFile, digest, rootFile, kind, name, issuer] = process.argv.slice(2);
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));

try {
  const bundle = bundleFromJSON(read(bundleFile));
  const root = TrustedRoot.fromJSON(read(rootFile));
  if (kind === 'key') {
    const key = createPublicKey(readFileSync(name));
    const rawBytes = key.export({ format: 'der', type: 'spki' });
    const hint = bundle.verificationMaterial.content.publicKey?.hint ?? '';
    const keys = {
      [hint]: { rawBytes, keyDetails: PublicKeyDetails.PKIX_ECDSA_P256_SHA_256, validFor: { start: new Date(0) } },
    };
    const none = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 };
    new Verifier(toTrustMaterial(root, keys), none).verify(toSignedEntity(bundle));
  } else {
    const policy = { subjectAlternativeName: name, extensions: { issuer } };
    const one = { tlogThreshold: 1, ctlogThreshold: 1, timestampThreshold: 1 };
    new Verifier(toTrustMaterial(root), one).verify(toSignedEntity(bundle), policy);
  }
  const statement = JSON.parse(bundle.content.dsseEnvelope.payload.toString('utf8'));
  if (!statement.subject.some((subject) => `sha256:${subject.digest.sha256}` === digest)) {
    throw new Error(`the statement is not about ${digest}`);
  }
  console.log(statement.predicateType);
} catch (error) {
  console.error(`${error.code ?? error.name}: ${error.message}`);
  process.exit(1);
}
