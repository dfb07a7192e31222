"""Tune a network that two processes train: TorchDistributor starts them for a trial."""

from pyspark.ml.torch.distributor import TorchDistributor
from pyspark.sql import SparkSession

from hpsklearn_search import STATUS_OK, Trials, fmin, hp


def train(params: dict) -> float:
    """Train in every process, and return the loss on held-out points."""
    # The function runs in processes of its own: it imports what it needs.
    import torch
    from torch import nn
    from torch.nn.parallel import DistributedDataParallel

    torch.distributed.init_process_group("gloo")  # "nccl" on graphics cards
    rank = torch.distributed.get_rank()
    n_processes = torch.distributed.get_world_size()
    torch.manual_seed(0)
    X = torch.rand(600, 2) * 2 - 1
    y = torch.sin(3 * X[:, :1]) * X[:, 1:]
    mine = slice(rank, 400, n_processes)  # each process has its share of the rows

    units = params["units"]
    network = nn.Sequential(nn.Linear(2, units), nn.Tanh(), nn.Linear(units, 1))
    model = DistributedDataParallel(network)
    optimizer = torch.optim.Adam(model.parameters(), lr=params["rate"])
    for _ in range(60):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(X[mine]), y[mine])
        loss.backward()  # the gradients of all processes are averaged here
        optimizer.step()
    with torch.no_grad():
        held_out = nn.functional.mse_loss(network(X[400:]), y[400:])
    torch.distributed.destroy_process_group()
    return float(held_out)


def tune(max_evals: int = 5, num_processes: int = 2) -> tuple[dict, Trials]:
    """Minimise the loss of a network that several processes train together."""

    def objective(params: dict) -> dict:
        distributor = TorchDistributor(
            num_processes=num_processes, local_mode=True, use_gpu=False
        )
        return {"loss": distributor.run(train, params), "status": STATUS_OK}

    space = {
        "units": hp.uniformint("units", 2, 32),
        "rate": hp.logrange("rate", 1e-4, 1e-1),
    }
    trials = Trials()  # not SparkTrials: each trial uses the processes itself
    best = fmin(
        objective,
        space,
        max_evals=max_evals,
        trials=trials,
        rstate=0,
        return_argmin=False,
        show_progressbar=False,
    )
    return best, trials


def main() -> None:
    """Tune, and show the best of it."""
    SparkSession.builder.master("local[2]").getOrCreate()
    best, trials = tune()
    print(f"best parameters: {best}")
    print(f"loss: {trials.best_loss:.4f}")


if __name__ == "__main__":
    main()
