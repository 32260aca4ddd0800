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
                        Batching = new BatchingSpec { MaxSize = 16, Preferred = [8, 16], MaxDelayUs = 2000 },
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

    private static ServeConfig Read(WorkloadSpec spec)
    {
        PreparedRelease release = new(
            spec,
            [
                new PreparedModel(
                    "bearing", spec.Models[0].Package, ModelFormat.Onnx, "content/bearing", "model.onnx",
                    "content/bearing/golden.json"),
            ]);
        InstancePaths paths = new("/run/k", new InstanceId(spec.Deployment, 1));
        ServeConfig config = new BareLauncher(_options).SeenFromInside(
            InstanceStart.ConfigOf(paths, release, "nonce-nonce"), paths, release);
        Assert.True(ServeConfig.TryParse(config.ToJson(), out ServeConfig? read, out _));
        return read;
    }
}
