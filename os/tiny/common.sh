# Shared by the scripts of this OS definition. The guest reads /etc/tiny.conf from its first disk.

fail() {
  echo "tiny: $*" >&2
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

# Address with prefix length of NIC number $1, or nothing.
address_of() {
  address=$(value_of "NIC_$1_IP")
  if [ "$1" = 0 ] && [ -n "${OSP_ADDRESS-}" ]; then address=$OSP_ADDRESS; fi
  subnet=$(value_of "NIC_$1_NETWORK_SUBNET")
  case $address in
    '' | */*) ;;
    *)
      case $(value_of "NIC_$1_MODE"):$subnet in
        routed:*) address=$address/32 ;;
        *:*/*) address=$address/${subnet##*/} ;;
        *) address=$address/24 ;;
      esac
      ;;
  esac
  printf '%s' "$address"
}

write_config() {
  printf 'hostname=%s\n' "$INSTANCE_NAME"
  if [ -n "${OSP_ROOT_PASSWORD-}" ]; then
    # A guest whose hash is empty lets root in without a password.
    hash=$(printf '%s\n' "$OSP_ROOT_PASSWORD" | busybox mkpasswd -m sha512 -P 0) || hash=
    case $hash in
      '$6$'*) printf 'root_hash=%s\n' "$hash" ;;
      *) fail "the root password cannot be hashed: is the Debian package busybox installed?" ;;
    esac
  fi
  nic=0
  while [ "$nic" -lt "${NIC_COUNT:-0}" ] && [ "$nic" -lt 10 ]; do
    address=$(address_of "$nic")
    gateway=$(value_of "NIC_${nic}_NETWORK_GATEWAY")
    if [ "$nic" = 0 ] && [ -n "${OSP_GATEWAY-}" ]; then gateway=$OSP_GATEWAY; fi
    if [ -n "$address" ]; then
      printf 'nic%s.address=%s\n' "$nic" "$address"
      if [ -n "$gateway" ]; then printf 'nic%s.gateway=%s\n' "$nic" "$gateway"; fi
    fi
    nic=$((nic + 1))
  done
}
