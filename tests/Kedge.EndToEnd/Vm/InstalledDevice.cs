using System.Globalization;
using System.Text;
using System.Text.Json;
using Kedge.Api.Resources;
using Kedge.EndToEnd.Story;
using Kedge.Onnx;
using Kedge.Tests.Fleet;
using Kedge.Tests.Fleet.Machines;

namespace Kedge.EndToEnd.Vm;

/// <summary>
/// A control plane on this machine and one device with the Debian package in a virtual one, with a model of one
/// addition.
/// </summary>
internal sealed class InstalledDevice : IAsyncDisposable
{
    public const string Device = "press-01";
    public const string Deployment = "adder";
    public const int Port = 8500;
    public const int ImagePort = 8501;
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    private const string Package = "kedge-agent_0.1.0_amd64.deb";
    private static readonly byte[] Request =
        """{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[40]}]}"""u8.ToArray();

    private readonly string _folder;

    private InstalledDevice(string folder, LocalFleet fleet, VirtualMachine machine)
    {
        _folder = folder;
        Fleet = fleet;
        Machine = machine;
    }

    public LocalFleet Fleet { get; }

    public VirtualMachine Machine { get; }

    /// <summary>Builds package and machine; nothing runs yet.</summary>
    public static async Task<InstalledDevice> MakeAsync()
    {
        Programs programs = Programs.Find(AppContext.BaseDirectory);
        string folder = Directory.CreateTempSubdirectory("kedge-vm-").FullName;
        CommandResult built = await CommandResult.RunAsync(
            Path.Combine(programs.Root, "deploy/deb/build"), [], folder: programs.Root);
        built.MustSucceed();
        LocalFleet fleet = new(programs, Path.Combine(folder, "fleet"))
        {
            Advertised = [VirtualMachine.HostAddress, "127.0.0.1"],
        };
        VirtualMachine machine = await VirtualMachine.MakeAsync(
            programs.Root, folder, fleet.ServerPorts, [Path.Combine(programs.Root, "out/deb", Package)]);
        return new InstalledDevice(folder, fleet, machine);
    }

    /// <summary>Starts the control plane, boots, and waits until systemd has nothing left to start.</summary>
    public async Task StartAsync()
    {
        await Task.WhenAll(Fleet.StartServerAsync(), Machine.BootAsync());
        await DoAsync("systemctl", "is-system-running", "--wait");
    }

    /// <summary>What a command in the device printed; fails unless it succeeded.</summary>
    public async Task<string> DoAsync(params string[] arguments)
    {
        CommandResult result = await Machine.RunAsync(arguments);
        Assert.True(
            result.ExitCode == 0,
            $"{string.Join(' ', arguments)} ended with {result.ExitCode}:\n{result.Output}\n{result.Error}");
        return result.Output.Trim();
    }

    public Task InstallAsync() =>
        DoAsync("apt-get", "--quiet", "install", "--yes", "--no-install-recommends", $"/root/{Package}");

    public async Task EnrolAsync()
    {
        string token = (await Fleet.KedgeAsync(
            ["token", "create", "--name", Device, "-o", "name"])).MustSucceed().Output.Trim();
        await DoAsync(
            "kedge-agent", "enroll", "--data", "/var/lib/kedge", "--name", Device, "--label", "line=press",
            "--token", token);
        await DoAsync("systemctl", "start", "kedge-agent");
    }

    /// <summary>Pushes the model, applies a deployment with every limit, and waits until it serves.</summary>
    public async Task DeployAsync()
    {
        string model = Path.Combine(_folder, "model.onnx");
        string golden = Path.Combine(_folder, "golden.json");
        string manifest = Path.Combine(_folder, "adder.yaml");
        File.WriteAllBytes(model, OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "adder",
            Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, 1)],
            Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, 1)],
            Initializers = [OnnxTensor.Of("a", [1], [2f])],
            Nodes = [new OnnxNodeSpec("Add", ["x", "a"], ["y"])],
        }));
        File.WriteAllText(golden, """
            {"schema":1,"minimumAgreement":1,"relativeTolerance":0.001,"absoluteTolerance":0.001,"samples":[
            {"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}],
             "outputs":[{"name":"y","shape":[1],"datatype":"FP32","data":[3]}]}]}
            """);
        File.WriteAllText(manifest, string.Create(CultureInfo.InvariantCulture, $$$"""
            apiVersion: kedge.dev/v1
            kind: Deployment
            metadata: {name: {{{Deployment}}}}
            spec:
              selector: {matchLabels: {line: press}}
              models:
              - {name: adder, package: "adder:v1"}
              endpoint: {port: {{{Port}}}, expose: loopback}
              resources: {requests: {memory: 32Mi}, limits: {cpu: 500m, memory: 192Mi, pids: 48}}
              cpuSet: "1"
              strategy: {type: All}

            """));
        (await Fleet.KedgeAsync(
            ["model", "push", model, "--name", "adder", "--tag", "v1", "--golden", golden])).MustSucceed();
        (await Fleet.KedgeAsync(["apply", "-f", manifest])).MustSucceed();
        await Until.TrueAsync(
            async () => (await Fleet.EndpointsAsync(Deployment)).Any(e => e.Serving), Patience, DescribeAsync, 250);
    }

    /// <summary>A second deployment, which takes images and runs a model of each format.</summary>
    public async Task DeployImagesAsync()
    {
        await ColourClassifier.WriteAsync(Fleet.Folder);
        (await Fleet.KedgeAsync([.. ColourClassifier.Push, "--tag", "v1"])).MustSucceed();
        string manifest = Path.Combine(_folder, "images.yaml");
        File.WriteAllText(manifest, string.Create(CultureInfo.InvariantCulture, $$$"""
            apiVersion: kedge.dev/v1
            kind: Deployment
            metadata: {name: images}
            spec:
              selector: {matchLabels: {line: press}}
              models:
              - {name: classifier, package: "classifier:v1"}
              endpoint: {port: {{{ImagePort}}}, expose: loopback}
              resources: {requests: {memory: 32Mi}, limits: {memory: 256Mi, pids: 64}}
              strategy: {type: All}

            """));
        (await Fleet.KedgeAsync(["apply", "-f", manifest])).MustSucceed();
        await Until.TrueAsync(
            async () => (await Fleet.EndpointsAsync("images")).Any(e => e.Serving), Patience, DescribeAsync, 250);
    }

    /// <summary>Sends an image from inside the device; what answers is checked.</summary>
    public async Task<string> AskForLabelAsync(string image)
    {
        CommandResult answer = await Machine.RunAsync(
            [
                "curl", "--silent", "--fail-with-body", "--max-time", "60", "--data-binary", "@-", string.Create(
                    CultureInfo.InvariantCulture, $"http://127.0.0.1:{ImagePort}/v2/models/classifier/infer"),
            ],
            Encoding.UTF8.GetBytes(
                ColourClassifier.Request(await ColourClassifier.ImageAsync(Fleet.Programs, image))));
        Assert.True(answer.ExitCode == 0, answer.Output);
        return ColourClassifier.Outputs(answer.Output).Label;
    }

    /// <summary>Takes it away, and waits until the first is alone again.</summary>
    public async Task RemoveImagesAsync()
    {
        (await Fleet.KedgeAsync(["delete", "deployment", "images"])).MustSucceed();
        await Until.TrueAsync(
            async () => (await Fleet.DeviceAsync(Device)).Workloads.Count == 1, Patience, DescribeAsync, 250);
    }

    /// <summary>One inference from inside the device; null when nothing answers.</summary>
    public async Task<double?> AskAsync()
    {
        CommandResult answer = await Machine.RunAsync(
            [
                "curl", "--silent", "--fail", "--max-time", "20", "--data-binary", "@-", string.Create(
                    CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}/v2/models/adder/infer"),
            ],
            Request);
        if (answer.ExitCode != 0)
        {
            return null;
        }

        using JsonDocument json = JsonDocument.Parse(answer.Output);
        return json.RootElement.GetProperty("outputs")[0].GetProperty("data")[0].GetDouble();
    }

    /// <summary>What the agent says of itself; null while it does not run.</summary>
    public async Task<JsonElement?> StatusAsync()
    {
        CommandResult told = await Machine.RunAsync("kedge-agent", "status", "--data", "/var/lib/kedge", "-o", "json");
        if (told.ExitCode != 0)
        {
            return null;
        }

        using JsonDocument json = JsonDocument.Parse(told.Output);
        return json.RootElement.GetProperty("running").GetBoolean() ? json.RootElement.Clone() : null;
    }

    public async Task<WorkloadResource> WorkloadAsync() => (await Fleet.DeviceAsync(Device)).Workloads.Single();

    /// <summary>Main process of a unit; 0 for none.</summary>
    public async Task<int> MainProcessAsync(string unit) => int.Parse(
        await DoAsync("systemctl", "show", "--property=MainPID", "--value", unit), CultureInfo.InvariantCulture);

    /// <summary>What server, agent and machine say, for a test that failed.</summary>
    public async Task<string> DescribeAsync()
    {
        StringBuilder told = new(await Fleet.DescribeAsync());
        foreach (string[] command in (string[][])
            [
                ["systemctl", "status", "--no-pager", "--lines=5", "kedge-agent", "kedge-workloads"],
                ["journalctl", "--no-pager", "--lines=40", "--unit=kedge-agent"],
            ])
        {
            told.AppendLine().AppendLine((await Machine.RunAsync(command)).Output);
        }

        return told.AppendLine(Machine.ConsoleTail()).ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await Machine.DisposeAsync();
        await Fleet.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
