#!/bin/sh
# Verifies a downloaded release of poam, without a network.
#
#   sh verify.sh [FOLDER]      FOLDER has SHA256SUMS and the files of the release that you downloaded
#
# 1. Every file that is there has the digest that SHA256SUMS names, and SHA256SUMS names every file that is there.
# 2. Where the GitHub program is installed and the release's attestation is there: SHA256SUMS was written by the
#    release workflow of the repository in POAM_REPOSITORY (OWNER/NAME). Step 2 is skipped without that variable, and
#    is said to be skipped. TRUSTED_ROOT names a file made earlier by `gh attestation trusted-root`; with it, the
#    check asks nobody.
#
# Exit code 0: verified; 1: something differs; 2: the check could not be done.
set -u
cd "${1:-.}" || exit 2
if [ ! -f SHA256SUMS ]; then
  echo "SHA256SUMS is not here: download it from the release too" >&2
  exit 2
fi
if command -v sha256sum >/dev/null 2>&1; then
  digest() { sha256sum "$1" | cut -c 1-64; }
elif command -v shasum >/dev/null 2>&1; then
  digest() { shasum -a 256 "$1" | cut -c 1-64; }
else
  echo "neither sha256sum nor shasum is installed" >&2
  exit 2
fi

bad=0 checked=0 absent=0
while read -r expected name; do
  name=${name#\*}
  case $name in
    '' | */* | .*)
      echo "bad: SHA256SUMS names \`$name\`, which is not a file of a release" >&2
      bad=$((bad + 1))
      continue
      ;;
  esac
  if [ ! -f "$name" ]; then
    absent=$((absent + 1))
  elif [ "$(digest "$name")" = "$expected" ]; then
    echo "ok: $name"
    checked=$((checked + 1))
  else
    echo "bad: $name is not the file of the release" >&2
    bad=$((bad + 1))
  fi
done <SHA256SUMS

for name in *; do
  case $name in
    SHA256SUMS | SHA256SUMS.sigstore.json | verify.sh | trusted_root.jsonl) continue ;;
  esac
  if [ -f "$name" ] && ! grep -q "^[0-9a-f]\{64\} [ *]$(printf '%s' "$name" | sed 's/[].[*^$\\]/\\&/g')\$" SHA256SUMS; then
    echo "bad: $name is not in SHA256SUMS" >&2
    bad=$((bad + 1))
  fi
done
if [ "$bad" -gt 0 ]; then
  echo "$bad files differ: do not install them" >&2
  exit 1
fi
if [ "$checked" -eq 0 ]; then
  echo "no file of the release is here" >&2
  exit 2
fi
echo "$checked files have the digests of the release, $absent are not here"

if [ -z "${POAM_REPOSITORY:-}" ] || [ ! -f SHA256SUMS.sigstore.json ] || ! command -v gh >/dev/null 2>&1; then
  echo "skipped: who built them (needs gh, SHA256SUMS.sigstore.json, and POAM_REPOSITORY=OWNER/NAME)"
  exit 0
fi
set -- SHA256SUMS --bundle SHA256SUMS.sigstore.json --repo "$POAM_REPOSITORY" \
  --signer-workflow "$POAM_REPOSITORY/.github/workflows/release.yml"
if [ -n "${TRUSTED_ROOT:-}" ]; then
  set -- "$@" --custom-trusted-root "$TRUSTED_ROOT"
fi
if ! gh attestation verify "$@"; then
  echo "the digests were not signed by the release workflow of $POAM_REPOSITORY: do not install these files" >&2
  exit 1
fi
echo "built by the release workflow of $POAM_REPOSITORY"
