#!/usr/bin/env bash
# A sweep, a study or long trainings as an array job under Slurm. From the
# project's folder on a login node, with N elements and a folder for what they
# write:
#
#   tasks/cluster/slurm.sh N FOLDER sweep NOTEBOOK --seeds 0-999 [--set …] [--grid …]
#   tasks/cluster/slurm.sh N FOLDER study:neural_em [--seeds 0-2]
#   tasks/cluster/slurm.sh N FOLDER train:neural_em [--set …]  # seeds 0 to N - 1
#
# Element i writes FOLDER/i.jsonl, FOLDER/i/ or the files of its seed, and
# FOLDER/i.log. A last job merges a sweep into FOLDER/all.jsonl and says in
# FOLDER/merge.log whether all rows are there. The same command again trains
# what is missing. CPUS=4 gives each element four cores; what else a cluster
# asks for goes into SBATCH_ACCOUNT, SBATCH_PARTITION, SBATCH_TIMELIMIT.
#
#SBATCH --job-name=hidden-causes
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@60
set -euo pipefail

run() {
  local task=$1
  shift
  # Deno's caches are SQLite files, which a shared folder is no place for.
  local shared=${DENO_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/deno}
  export DENO_DIR=${TMPDIR:-/tmp}/deno.$SLURM_JOB_ID
  trap 'rm -rf "$DENO_DIR"' EXIT
  mkdir -p "$DENO_DIR"
  ln -sfn "$shared/npm" "$DENO_DIR/npm"
  deno run -A "tasks/${task//:/_}.ts" "$@" &
  child=$! # global, as the traps may run when this function has ended
  # A minute before the time is over: end, and queue again.
  trap 'kill -TERM "$child"; wait "$child" || scontrol requeue "$SLURM_JOB_ID"' USR1
  trap 'kill -TERM "$child"; wait "$child"' TERM
  wait "$child"
}

case $1 in
  element)
    shards=$2 folder=$3 task=$4 i=$SLURM_ARRAY_TASK_ID
    shift 4
    case $task in
      sweep) run "$task" "$@" --shard "$i/$shards" --out "$folder/$i.jsonl" ;;
      train:*) run "$task" "$@" --seed "$((i - 1))" --out "$folder" ;;
      *) run "$task" "$@" --shard "$i/$shards" --out "$folder/$i" ;;
    esac
    ;;
  merge)
    folder=$2
    shift 2
    run merge "$folder"/[0-9]*.jsonl "$@" --out "$folder/all.jsonl"
    ;;
  *)
    shards=$1 folder=$2
    shift 2
    mkdir -p "$folder"
    folder=$(cd "$folder" && pwd)
    cd "$(dirname "${BASH_SOURCE[0]}")/../.."
    submit() {
      sbatch --parsable --chdir="$PWD" "$@"
    }
    job=$(submit --array="1-$shards" --cpus-per-task="${CPUS:-1}" \
      --output="$folder/%a.log" tasks/cluster/slurm.sh \
      element "$shards" "$folder" "$@")
    echo "$job"
    if [[ $1 == sweep ]]; then
      shift 2 # what the merge is told: all but the task and the notebook
      submit --dependency="afterany:$job" --output="$folder/merge.log" \
        tasks/cluster/slurm.sh merge "$folder" "$@"
    fi
    ;;
esac
