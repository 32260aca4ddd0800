using Kedge.Agent.Sandbox;
using Kedge.Core.Borders;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Core.Models;
using Kedge.Inference.Control;
using Kedge.Tests.Support;

namespace Kedge.Agent.Tests.Sandbox;

/// <summary>What a model server is told to serve.</summary>
public sealed class InstanceStartTests
{
    private static readonly SupervisorOptions _options = new()
    {
        DataFolder = "/data",
        RunFolder = "/run/k",
        EndpointFolder = "/data/endpoints",
        ServeProgram = "/bin/kedge-serve",
        RuntimeLibrary = "/lib/libonnxruntime.so.1",
    };

    [Fact]
    public void How_models_are_run_comes_from_the_release()
    {
        WorkloadSpec usual = Specs.Workload("bearing", "v1");
        WorkloadSpec spec = usual with
        {
            ModelMemoryBytes = 64 << 20,
            Models =
            [
                usual.Models[0] with
                {
                    Serving = new ServingSpec
                    {
                        Instances = 3,
                        CacheBytes = 1 << 20,
                        WarmsUp = false,
                        Weight = 5,
                        Batching = new BatchingSpec
                        {
                            MaxSize = 16,
                            Preferred = [8, 16],
                            MaxDelayUs = 2000,
                            Priorities = [new PrioritySpec(4, 9), new PrioritySpec(0, 0)],
                            DefaultPriority = 1,
                        },
                    },
                },
            ],
        };
        ServeConfig config = Read(spec);
        ServeModel model = Assert.Single(config.Models);
        Assert.Equal(64 << 20, config.ModelMemoryBytes);
        Assert.False(model.IsWarmedUp);
        Assert.Equal((3, 1L << 20), (model.Scheduling.Instances, model.Scheduling.CacheBytes));
        Assert.Equal((16, 2000L), (model.Scheduling.Batching.MaxSize, model.Scheduling.Batching.MaxDelayUs));
        Assert.Equal([8, 16], model.Scheduling.Batching.Preferred.AsEnumerable());
        Assert.Equal((5, 1), (model.Scheduling.Weight, model.Scheduling.Batching.DefaultPriority));
        Assert.Equal(
            [(4, 9L), (0, 0L)],
            model.Scheduling.Batching.Priorities.Select(static level => (level.QueueMax, level.TimeoutUs)));
        Assert.Equal("/data/content/bearing/golden.json", model.WarmUp);
    }

    [Fact]
    public void A_release_that_says_nothing_runs_as_usual()
    {
        ServeConfig config = Read(Specs.Workload("bearing", "v1"));
        ServeModel model = Assert.Single(config.Models);
        Assert.Equal(0, config.ModelMemoryBytes);
        Assert.True(model.IsWarmedUp);
        Assert.Equal(1, model.Scheduling.Batching.MaxSize);
        Assert.Equal(0, model.Scheduling.CacheBytes);
    }

    [Fact]
    public void Versions_of_one_model_are_told_apart_by_their_tags()
    {
        WorkloadSpec usual = Specs.Workload("bearing", "v1", revision: 7);
        Assert.Equal("7", Assert.Single(Read(usual).Models).Version);
        ServeConfig config = Read(usual with
        {
            Models = [usual.Models[0] with { Version = "v2" }, usual.Models[0] with { Version = "v1" }],
        });
        Assert.Equal([("bearing", "v2"), ("bearing", "v1")], config.Models.Select(static m => (m.Name, m.Version)));
    }

    private static ServeConfig Read(WorkloadSpec spec)
    {
        PreparedRelease release = new(
            spec,
            [
                .. spec.Models.Select(static m => new PreparedModel(
                    "bearing", m.Package, ModelFormat.Onnx, "content/bearing", "model.onnx",
                    "content/bearing/golden.json")
                {
                    Version = m.Version,
                }),
            ]);
        InstancePaths paths = new("/run/k", new InstanceId(spec.Deployment, 1));
        ServeConfig config = new BareLauncher(_options).SeenFromInside(
            InstanceStart.ConfigOf(paths, release, "nonce-nonce"), paths, release);
        Assert.True(ServeConfig.TryParse(config.ToJson(), out ServeConfig? read, out _));
        return read;
    }
}
