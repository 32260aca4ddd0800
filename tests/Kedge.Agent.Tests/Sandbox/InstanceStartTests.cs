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

    [Fact]
    public void A_graph_its_labels_and_what_decodes_images_go_into_the_sandbox()
    {
        PreparedRelease release = Release(Specs.Workload("bearing", "v1"), static model => model with
        {
            Graph = "graph.json", Labels = "labels.txt", DecodesImages = true, RunsTfLite = true,
        });
        string folder = Directory.CreateTempSubdirectory("kedge-imaging-").FullName;
        File.WriteAllBytes(Path.Combine(folder, "libspng.so.0.1"), []);
        File.CreateSymbolicLink(Path.Combine(folder, "libspng.so.0"), "libspng.so.0.1");
        File.WriteAllBytes(Path.Combine(folder, "libturbojpeg.so.0"), []);
        SupervisorOptions options = _options with { ImagingFolder = folder, TfLiteLibrary = "/lib/tflite.so" };
        ServeModel model = Read(release).Models[0];
        Assert.Equal(
            ("/data/content/bearing/graph.json", "/data/content/bearing/labels.txt"), (model.Graph, model.Labels));
        RuntimeFiles files = new(options, release);
        Assert.Equal(
            [
                "/kedge/lib/libonnxruntime.so.1", "/kedge/lib/libtensorflowlite_c.so",
                "/kedge/lib/libturbojpeg.so.0", "/kedge/lib/libspng.so.0",
            ],
            files.Mounts.Select(static mount => mount.Target));
        Assert.Equal(Path.Combine(folder, "libspng.so.0.1"), files.Mounts.Last().Source);
        Assert.Contains("KEDGE_IMAGING_LIBS=/kedge/lib", files.VariablesInside);
        Assert.Contains($"KEDGE_IMAGING_LIBS={folder}", files.Variables);

        string program = Path.Combine(folder, "libspng.so.0.1");
        options = options with { ServeProgram = program, RuntimeLibrary = program };
        Assert.Null(new RuntimeFiles(options, release).Missing);
        Assert.Equal(
            new Problem("KEDGE-AGENT-055", "libturbojpeg.so.0 or libspng.so.0 is not on this device"),
            new RuntimeFiles(options with { ImagingFolder = "" }, release).Missing);
        Assert.Equal(
            new Problem("KEDGE-AGENT-055", "libtensorflowlite_c.so is not on this device"),
            new RuntimeFiles(options with { TfLiteLibrary = "" }, release).Missing);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_release_without_a_graph_gets_no_library_for_images()
    {
        PreparedRelease release = Release(Specs.Workload("bearing", "v1"), static model => model);
        RuntimeFiles files = new(_options with { ImagingFolder = "/lib/imaging" }, release);
        Assert.Equal(["/kedge/lib/libonnxruntime.so.1"], files.Mounts.Select(static mount => mount.Target));
        ServeModel model = Read(release).Models[0];
        Assert.Equal(("", ""), (model.Graph, model.Labels));
    }

    private static ServeConfig Read(WorkloadSpec spec) => Read(Release(spec, static model => model));

    private static PreparedRelease Release(WorkloadSpec spec, Func<PreparedModel, PreparedModel> change) => new(
        spec,
        [
            .. spec.Models.Select(model => change(new PreparedModel(
                "bearing", model.Package, ModelFormat.Onnx, "content/bearing", "model.onnx",
                "content/bearing/golden.json")
            {
                Version = model.Version,
            })),
        ]);

    private static ServeConfig Read(PreparedRelease release)
    {
        InstancePaths paths = new("/run/k", new InstanceId(release.Spec.Deployment, 1));
        ServeConfig config = new BareLauncher(_options).SeenFromInside(
            InstanceStart.ConfigOf(paths, release, "nonce-nonce"), paths, release);
        Assert.True(ServeConfig.TryParse(config.ToJson(), out ServeConfig? read, out _));
        return read;
    }
}
