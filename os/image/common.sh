# Shared by the scripts of this OS definition.

image_dir=${GANTRY_IMAGE_DIR:-/srv/gantry/images}
seed_max_mib=64

fail() {
  echo "image: $*" >&2
  exit 1
}

case ${1-} in
  -h | --help)
    echo "usage: ${0##*/} (its input comes in the variables of the Ganeti OS interface)"
    exit 0
    ;;
esac

# Value of a variable whose name is computed.
value_of() {
  eval "printf '%s' \"\${$1-}\""
}

# Real path of a file in the image directory; nothing outside of it is ever read.
file_in_image_dir() {
  [ -d "$image_dir" ] || fail "the image directory $image_dir does not exist on this node"
  case $2 in /*) given=$2 ;; *) given=$image_dir/$2 ;; esac
  found=$(realpath -e -- "$given" 2>/dev/null) || fail "$1: there is no file $2 in $image_dir on this node"
  case $found in
    "$(realpath -e -- "$image_dir")"/*) ;;
    *) fail "$1: $2 is outside of the image directory $image_dir" ;;
  esac
  [ -f "$found" ] || fail "$1: $2 is not a regular file"
  printf '%s' "$found"
}

# $3 bytes of file $1 from offset $2, in hexadecimal.
bytes_of() {
  od -An -v -tx1 -j "$2" -N "$3" "$1" | tr -d ' \n'
}

# Format of an image, from its first bytes. An image that refers to other files could read any file of the node.
format_of() {
  if [ "$(bytes_of "$1" 0 4)" != 514649fb ]; then
    echo raw
    return
  fi
  [ "$(bytes_of "$1" 8 8)" = 0000000000000000 ] || fail "image: it has a backing file; convert it to one file first"
  if [ "$(bytes_of "$1" 4 4)" != 00000002 ]; then
    case $(bytes_of "$1" 79 1) in
      *[4567cdef]) fail "image: it has an external data file; convert it to one file first" ;;
    esac
  fi
  echo qcow2
}

# Number of the disk for the seed, or nothing.
seed_disk() {
  case ${OSP_SEED:-auto} in
    none) ;;
    auto)
      size=$(value_of DISK_1_SIZE)
      if [ "${DISK_COUNT:-0}" -gt 1 ] && [ "${size:-0}" -le "$seed_max_mib" ]; then echo 1; fi
      ;;
    *)
      [ "$OSP_SEED" -gt 0 ] && [ "$OSP_SEED" -lt "${DISK_COUNT:-0}" ] || fail "seed: the instance has no disk $OSP_SEED for it"
      echo "$OSP_SEED"
      ;;
  esac
}

# Prints text as a YAML string in double quotes; verify refuses control characters.
quoted() {
  printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"
}

meta_data() {
  printf 'instance-id: %s-%s\n' "$INSTANCE_UUID" "$(date +%s)"
  printf 'local-hostname: %s\n' "$(quoted "${OSP_HOSTNAME:-$INSTANCE_NAME}")"
  if [ -n "${OSP_SSH_KEYS-}" ]; then
    echo 'public-keys:'
    printf '%s\n' "$OSP_SSH_KEYS" | tr ';' '\n' | while read -r key; do
      if [ -n "$key" ]; then printf '  - %s\n' "$(quoted "$key")"; fi
    done
  fi
}

user_data() {
  if [ -n "${OSP_USER_DATA-}" ]; then
    printf '%s' "$OSP_USER_DATA" | base64 -d
  elif [ -n "${OSP_USER_DATA_FILE-}" ]; then
    cat "$(file_in_image_dir user_data_file "$OSP_USER_DATA_FILE")"
  else
    printf '#cloud-config\n{}\n'
  fi
}

network_config() {
  case ${OSP_NETWORK:-auto} in
    auto | dhcp) ;;
    *)
      printf '%s' "$OSP_NETWORK" | base64 -d
      return
      ;;
  esac
  printf 'version: 2\nethernets:\n'
  if [ "${NIC_COUNT:-0}" = 0 ]; then echo '  {}'; fi
  nic=0
  while [ "$nic" -lt "${NIC_COUNT:-0}" ]; do
    printf '  nic%s:\n    match: {macaddress: "%s"}\n' "$nic" "$(value_of "NIC_${nic}_MAC")"
    address=$(value_of "NIC_${nic}_IP")
    subnet=$(value_of "NIC_${nic}_NETWORK_SUBNET")
    gateway=$(value_of "NIC_${nic}_NETWORK_GATEWAY")
    if [ "${OSP_NETWORK:-auto}" = auto ] && [ -n "$address" ] && [ -n "$subnet" ]; then
      printf '    addresses: ["%s/%s"]\n' "$address" "${subnet##*/}"
      if [ -n "$gateway" ]; then printf '    routes: [{to: "0.0.0.0/0", via: "%s"}]\n' "$gateway"; fi
    else
      printf '    dhcp4: true\n'
    fi
    nic=$((nic + 1))
  done
}

# Writes the NoCloud seed, an ISO 9660 file system with the label cidata, onto disk $1. Uses the folder $2.
write_seed() {
  mkdir "$2/seed"
  meta_data >"$2/seed/meta-data"
  user_data >"$2/seed/user-data"
  if [ "${OSP_NETWORK:-auto}" != none ]; then network_config >"$2/seed/network-config"; fi
  if command -v genisoimage >/dev/null; then
    set -- "$1" "$2" genisoimage
  elif command -v xorriso >/dev/null; then
    set -- "$1" "$2" xorriso -as mkisofs
  else
    fail "neither genisoimage nor xorriso is installed on this node"
  fi
  target=$1 folder=$2
  shift 2
  "$@" -quiet -output "$folder/seed.iso" -volid cidata -joliet -rock "$folder/seed" >"$folder/iso.log" 2>&1 || fail "$(cat "$folder/iso.log")"
  room=$(value_of "DISK_${target}_SIZE")
  [ "$(stat -c %s "$folder/seed.iso")" -le $((room * 1048576)) ] || fail "the seed does not fit on disk $target ($room MiB)"
  dd if="$folder/seed.iso" of="$(value_of "DISK_${target}_PATH")" bs=1M conv=notrunc,fsync status=none
  echo "image: the cloud-init seed is on disk $target"
}
