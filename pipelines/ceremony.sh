#!/usr/bin/env bash
# Plays a sealed joint round of two departments, from the empty workspace to the certificate: a rehearsal (演练) on synthetic data.
# Every step is a command an officer would give. The seed is thirteen dice, thrown here by the machine in place of a hand.
#
#   bash pipelines/ceremony.sh [FOLDER]        default folder: runs/ceremony, which must not exist yet
#   CHOUCHA=target/release/choucha bash …      another program than `cargo run --`
set -euo pipefail
cd "$(dirname "$0")/.."
place=${1:-runs/ceremony}
round=GT-2025-LH01
if [ -e "$place" ]; then
    echo "$place exists already: remove it, or name another folder" >&2
    exit 1
fi
choucha() {
    printf '\n$ choucha %s\n' "$*"
    ${CHOUCHA:-cargo run --quiet --locked --} "$@"
}
clock() { # the time in China, some seconds from now
    python3 -c "import datetime as d; print((d.datetime.now(d.timezone(d.timedelta(hours=8))) + d.timedelta(seconds=$1)).isoformat(timespec='seconds'))"
}
mkdir -p "$place"
work=$place/workspace

# 1. A workspace, and the year's programme in it: version, day and place of publication.
choucha workspace init "$work" --title "馆陶县双随机抽查（演练）" --rehearsal
cat >"$place/programme.toml" <<'TOML'
version = "2025-1"
published_on = "2025-01-02"
proof = "馆陶县人民政府网站，2025 年度部门联合抽查计划公告（演练用）"
TOML
choucha record --workspace "$work" --programme "$place/programme.toml"

# 2. The seal: everything that decides the draw is fixed before the dice can be thrown.
event=${CHOUCHA_CEREMONY_WAIT:-60}
not_before=$(clock "$event")
sed "s/^not_before = .*/not_before = \"$not_before\"/" pipelines/ceremony.toml >"$place/job.toml"
choucha seal "$place/job.toml" --workspace "$work"

# 3. The key goes to the supervisor, the public part out of the house; both leave a receipt.
echo "密钥已当面封存，由县纪委监委派驻纪检监察组保管（演练用收据）" >"$place/custody.txt"
choucha record --workspace "$work" --round "$round" --custody "$place/custody.txt" --holder "县纪委监委派驻纪检监察组" --lodged-at "$(clock 0)"
echo "seal.json 已在县政府网站公示（演练用回执）" >"$place/receipt.txt"
choucha record --workspace "$work" --round "$round" --receipt "$place/receipt.txt" --where "馆陶县人民政府网站公示栏" --published-at "$(clock 0)"

# 4. The event: thirteen dice, not before the hour the seal names.
python3 -c "import datetime as d, time; time.sleep(max(0, (d.datetime.fromisoformat('$not_before') - d.datetime.now(d.timezone.utc)).total_seconds() + 1))"
dice=$(python3 -c "import secrets; print(' '.join(str(secrets.randbelow(6) + 1) for _ in range(13)))")
choucha draw "$round" --workspace "$work" --seed "$dice" --seed-source "公证处现场掷骰子，公证员在场（演练）"

# 5. Inspectors, from the same seed and the register the seal committed.
choucha assign "$round" --workspace "$work"

# 6. Two of those drawn by lot prove to be gone: the next of the reserve move up, and get inspectors of their own.
public=$work/rounds/$round/draw/public
{
    echo "object_id,reason"
    awk -F, '$2 == "SX02" && $5 == "false" && n++ < 2 { print $1 ",失联（演练）" }' "$work/rounds/$round/draw/internal/drawn.csv"
} >"$place/unusable.csv"
echo "两次上门均无人，邻居证实已搬离（演练用笔录）" >"$place/gone.txt"
choucha record --workspace "$work" --round "$round" --unusable "$place/unusable.csv" --evidence "$place/gone.txt"
choucha assign "$round" --workspace "$work"

# 7. What anybody can check, what the supervisor can, and what one business can.
choucha verify "$public"
choucha verify "$public" --key "$work/keys/$round.key"
drawn=$(sed -n 2p "$public/drawn.csv" | cut -d, -f1)
choucha slip "$round" "$drawn" --workspace "$work" --out "$place/slip.json"
choucha verify "$place/slip.json"
choucha slip "$round" "$drawn" --workspace "$work" --opened --out "$place/slip-opened.json"
choucha verify "$place/slip-opened.json"
choucha audit --workspace "$work" --heads "$public/seal.json"
printf '\ncertificate: %s\n' "$work/rounds/$round/certificate.html"
