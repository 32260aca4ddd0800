using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Kedge.Agent.Sandbox;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Core.Models;
using Kedge.Onnx;
using Kedge.Tests.Fleet;

namespace Kedge.EndToEnd.Sandbox;

/// <summary>A real supervisor over a temporary device folder, with a model of one addition.</summary>
internal sealed class SandboxBench : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kedge-sandbox-").FullName;
    private readonly DeploymentId _workload = new("adder");
    private long _number;

    public SandboxBench(Func<SupervisorOptions, SupervisorOptions>? change = null)
    {
        Programs programs = Programs.Find(AppContext.BaseDirectory);
        Options = new SupervisorOptions
        {
            DataFolder = Path.Combine(_folder, "data"),
            RunFolder = Path.Combine(_folder, "run"),
            EndpointFolder = Path.Combine(_folder, "endpoints"),
            ServeProgram = programs.Serve,
            RuntimeLibrary = Programs.RuntimeLibrary,
            TfLiteLibrary = Programs.TfLiteLibrary,
        };
        Options = change?.Invoke(Options) ?? Options;
        Directory.CreateDirectory(Options.DataFolder);
        Supervisor = new ServeSupervisor(Options, TimeProvider.System);
        Endpoint = new EndpointSpec(Exposure.Loopback, FreePort());
    }

    public SupervisorOptions Options { get; }

    public EndpointSpec Endpoint { get; }

    public ServeSupervisor Supervisor { get; private set; }

    public List<InstanceState> Started { get; } = [];

    /// <summary>A model that adds <paramref name="add"/> to its input, on the disk.</summary>
    public PreparedRelease Release(
        float add, float expected, ResourceSpec? resources = null, SandboxRule sandbox = SandboxRule.Required)
    {
        string folder = $"add-{add}-{expected}";
        string full = Path.Combine(Options.DataFolder, folder);
        Directory.CreateDirectory(full);
        File.WriteAllBytes(Path.Combine(full, "model.onnx"), OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "adder",
            Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, 1)],
            Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, 1)],
            Initializers = [OnnxTensor.Of("a", [1], [add])],
            Nodes = [new OnnxNodeSpec("Add", ["x", "a"], ["y"])],
        }));
        File.WriteAllText(
            Path.Combine(full, "golden.json"), string.Create(System.Globalization.CultureInfo.InvariantCulture, $$"""
            {"schema":1,"minimumAgreement":1,"relativeTolerance":0.001,"absoluteTolerance":0.001,"samples":[
            {"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}],
             "outputs":[{"name":"y","shape":[1],"datatype":"FP32","data":[{{expected}}]}]}]}
            """));
        WorkloadSpec spec = new()
        {
            Deployment = _workload,
            Revision = 1,
            Digest = Digest.Of(System.Text.Encoding.UTF8.GetBytes(folder)),
            Models = [new WorkloadModel("adder", Digest.Of("p"u8), "adder:v1", "onnx-fp32", AcceleratorKind.Cpu)],
            Endpoint = Endpoint,
            Resources = resources
                ?? new ResourceSpec { MemoryLimitBytes = 256 * Limits.MiB, CpuLimitMilli = 500, PidsLimit = 64 },
            CpuSet = "0",
            Sandbox = sandbox,
        };
        return new PreparedRelease(
            spec,
            [new PreparedModel(
                "adder", Digest.Of("p"u8), ModelFormat.Onnx, folder, "model.onnx", $"{folder}/golden.json")]);
    }

    public async Task<InstanceState> StartAsync(PreparedRelease release)
    {
        InstanceId id = new(_workload, ++_number);
        StartOutcome outcome = await Supervisor.StartAsync(id, release, CancellationToken.None);
        StartOutcome.Running running = Assert.IsType<StartOutcome.Running>(outcome);
        InstanceState state = new()
        {
            Id = id,
            Spec = release.Spec,
            Pid = running.Pid,
            StartTicks = running.StartTicks,
            Nonce = running.Nonce,
        };
        Started.Add(state);
        return state;
    }

    public async Task HandOverAsync(InstanceState instance) => Assert.IsType<StepOutcome.Done>(
        await Supervisor.HandOverAsync(instance.Id, Endpoint, CancellationToken.None));

    public InferClient Client() =>
        new(new IPEndPoint(IPAddress.Parse(Options.LoopbackAddress), Endpoint.Port), "/v2/models/adder/infer");

    public static readonly byte[] Request =
        """{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}"""u8.ToArray();

    /// <summary>The agent dies; another one comes and adopts.</summary>
    public async Task<ImmutableArray<InstanceId>> RestartAsync(params InstanceState[] recorded)
    {
        Supervisor.Dispose();
        Supervisor = new ServeSupervisor(Options, TimeProvider.System);
        await Supervisor.TestAsync(CancellationToken.None);
        return await Supervisor.AdoptAsync([.. recorded], CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (InstanceState instance in Started)
        {
            await Supervisor.StopAsync(instance.Id, CancellationToken.None);
        }

        Supervisor.Leave();
        Supervisor.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
