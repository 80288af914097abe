"""Command lines of every kind: each key of the configuration with values that fit and do not."""

import random

PLAIN = (
    "null true 0 -1 3 2.5 0.25 1e-3 nan inf -inf 1e400 99999999999999999999 0x10 1_000 int(3) "
    "'' [] [1,2] {a:1} {} é \"it's\" ??? a=b ../up / a/b auto same none menu @x $$ \\' "
    "${seed} ${foo} ${oc.env:NMFSTUDY_NOTHING} ${ [ ' a, ( a(b)"
)
SWEPT = (
    "1,2 choice(1,2) choice() range(0,5) range(3,3) range(0,1,0) range(0,inf) sort(3,1) glob(*) "
    "range(0,1000000000000) range(0,1,1e-300) tag(t,1,2) interval(0,1) glob(zz*)"
)
LONG = ["x" * 300, "9" * 5000]
VALUES = [*PLAIN.split(), *SWEPT.split(), *LONG, "'a b'", "a b", "'\n'", "'\x1b[31m'"]

ROOT = "study_name results_dir n_components loss seed n_starts block record analysis sweeps"
GROUPS = "dataset init solver penalty cluster study hydra/launcher"
HYDRA = "hydra hydra.mode hydra.run.dir hydra.sweeper.params hydra.job.chdir hydra/sweeper"
NOTHING = "+foo foo.bar seed.x a..b .a a. solver@x ~seed +seed ++seed +dataset +solver.foo"
SLURM = "mem_gb nodes setup name _target_ max_num_timeout additional_parameters"
# Choices that a key needs, and the key.
KEYS = [
    *((key,) for key in f"{ROOT} {GROUPS} {HYDRA} {NOTHING}".split()),
    *((f"{group}.name",) for group in ("dataset", "init", "solver", "penalty")),
    *((f"analysis.{key}",) for key in "distance_tol objective_rtol kkt_tol".split()),
    *((f"solver.{key}",) for key in "tol max_iter stop warmup".split()),
    *((f"penalty.{key}",) for key in "alpha_W alpha_H l1_ratio strength".split()),
    *((f"cluster.{key}",) for key in "cores partition array".split()),
    *(("penalty=elastic", f"penalty.{key}") for key in "alpha_W alpha_H l1_ratio".split()),
    *(("penalty=ridge", f"penalty.{key}") for key in "alpha_W l1_ratio".split()),
    *(("dataset=planted", f"dataset.{key}") for key in "n k density noise separable seed".split()),
    ("dataset=file", "dataset.path"),
    *(
        ("dataset=file", "dataset.path=H.csv", f"dataset.{key}")
        for key in "orientation header index decimal".split()
    ),
    ("penalty=scale_free_W", "penalty.strength"),
    ("solver=accelerated", "solver.warmup"),
    ("solver=scikit_learn", "loss"),
    ("dataset=laurberg", "dataset.alpha"),
    ("dataset=hexagon", "dataset.a"),
    ("init=custom", "init.H=H.csv", "init.W"),
    ("hydra.launcher.n_jobs",),
    ("hydra/launcher=joblib", "hydra.launcher.n_jobs"),
    ("hydra/launcher=joblib", "hydra.launcher.pre_dispatch"),
    ("hydra/launcher=joblib", "+hydra.launcher.foo"),
    ("hydra/launcher=joblib", "cluster.array"),
    ("hydra/launcher=joblib", "cluster.cores"),
    *(("hydra/launcher=submitit_slurm", f"hydra.launcher.{key}") for key in SLURM.split()),
    ("hydra/launcher=submitit_slurm", "+hydra.launcher.foo"),
    ("hydra/launcher=submitit_slurm", "+hydra.launcher.additional_parameters.foo"),
    *(
        ("hydra/launcher=submitit_slurm", f"cluster.{key}")
        for key in "cores minutes memory_gb at_once array partition address".split()
    ),
]


def command_lines(number, seed):
    """So many lists of overrides, each key as often as every other, every value near as often."""
    rng = random.Random(seed)
    lines = []
    while len(lines) < number:
        values = rng.sample(VALUES, len(VALUES)) * (len(KEYS) // len(VALUES) + 1)
        for (*needed, key), value in zip(rng.sample(KEYS, len(KEYS)), values, strict=False):
            lines.append([*rng.choice([[], [], ["-m"]]), *needed, f"{key}={value}"])
    return lines[:number]


GOOD = [
    line.split()
    for line in """
    study_name=other
    study_name='é'
    study_name=2024
    results_dir=else/where
    results_dir=${oc.env:PWD}
    n_components=2
    n_components=${n_starts} n_starts=2
    solver=scikit_learn loss=kullback-leibler
    seed=7
    n_starts=auto
    n_starts=1
    block=1
    record=solutions
    analysis.distance_tol=0.01
    analysis.objective_rtol=0
    analysis.kkt_tol=1e-6
    analysis={distance_tol:0.02}
    dataset=hexagon
    dataset=hexagon dataset.a=3
    dataset=laurberg dataset.alpha=0.5
    dataset=planted dataset.n=7
    dataset=planted dataset.separable=W
    dataset=file dataset.path=H.csv
    dataset=file dataset.path=H.csv dataset.orientation=features_by_samples
    init=nndsvd
    init=custom init.H=H.csv init.W=W.csv
    solver=accelerated
    solver=accelerated solver.warmup=0
    solver.tol=1e-6
    solver.max_iter=7
    solver.stop=scikit_learn
    penalty=ridge
    penalty=elastic penalty.l1_ratio=0.9
    penalty=l1 penalty.alpha_H=0
    penalty=scale_free_H penalty.strength=1
    study=smoke
    study=smoke n_components=2
    hydra/launcher=joblib
    hydra/launcher=joblib hydra.launcher.n_jobs=2
    hydra/launcher=joblib cluster.array=7
    hydra/launcher=submitit_slurm
    hydra/launcher=submitit_slurm cluster=large
    hydra/launcher=submitit_slurm cluster.cores=2
    hydra/launcher=submitit_slurm cluster.partition='long,short'
    hydra/launcher=submitit_slurm hydra.launcher.qos=night
    hydra/launcher=submitit_slurm +hydra.launcher.additional_parameters.reservation=us
    -m n_components=2,3
    -m seed=range(0,3)
    -m dataset=glob(*ex*)
    -m init=random,nndsvda
    -m solver.tol=choice(1e-7,1e-8)
    -m penalty=ridge penalty.alpha_W=0.1,0.2
    """.strip().splitlines()
]
