# Run a command that sees a real /opt/ml, its own hostname and its peers' names.
# Usage: unshare --user --map-root-user --mount --uts sh namespace.sh BASE STAGE HOSTS NAME COMMAND...
# Whatever else is in /opt (Python itself, perhaps) stays visible.
set -e
base=$1 stage=$2 hosts=$3 name=$4
shift 4
mount -t tmpfs -o mode=755 tmpfs "$stage"
for entry in /opt/* /opt/.[!.]*; do
    [ -e "$entry" ] || [ -L "$entry" ] || continue
    target=$stage/${entry#/opt/}
    [ "$target" = "$stage/ml" ] && continue
    if [ -L "$entry" ]; then
        cp -P "$entry" "$target"
    elif [ -d "$entry" ]; then
        mkdir "$target" && mount --rbind "$entry" "$target"
    else
        : >"$target" && mount --bind "$entry" "$target"
    fi
done
mkdir "$stage/ml"
mount --rbind "$base" "$stage/ml"
mount --rbind "$stage" /opt
mount --bind "$hosts" /etc/hosts
hostname "$name"
exec "$@"
