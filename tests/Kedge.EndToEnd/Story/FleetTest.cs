using Kedge.Api.Resources;
using Kedge.Tests.Fleet;

namespace Kedge.EndToEnd.Story;

/// <summary>
/// A test with a fleet of its own: a control plane and devices as real processes, below a folder that is gone
/// afterwards. Whatever was started is ended too where the start itself fails.
/// </summary>
public abstract class FleetTest : IAsyncLifetime
{
    protected FleetTest()
    {
        Folder = Directory.CreateTempSubdirectory("kedge-story-").FullName;
        Fleet = new LocalFleet(Programs.Find(AppContext.BaseDirectory), Path.Combine(Folder, "fleet"));
    }

    protected string Folder { get; }

    protected LocalFleet Fleet { get; }

    public async Task InitializeAsync()
    {
        try
        {
            await Fleet.StartServerAsync();
            await StartAsync();
        }
        catch
        {
            // Nobody disposes of a test that could not be set up.
            await DisposeAsync();
            throw;
        }
    }

    public virtual async Task DisposeAsync()
    {
        await Fleet.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Brings the fleet to where the test begins; the server runs already.</summary>
    protected abstract Task StartAsync();

    /// <summary>Enrols and starts devices named <c>edge-01</c> and up, with a label <c>line</c>.</summary>
    protected async Task StartDevicesAsync(int count, string line = "trial", string name = "edge")
    {
        for (int i = 1; i <= count; i++)
        {
            (await Fleet.EnrolAsync($"{name}-{i:00}", [$"line={line}"])).Start();
        }
    }

    /// <summary>Pushes versions of the model <c>trial</c>, each under its tag.</summary>
    protected async Task PushTrialAsync(params (string Tag, byte[] Model)[] versions)
    {
        foreach ((string tag, byte[] model) in versions)
        {
            string file = Path.Combine(Folder, $"{tag}.onnx");
            await File.WriteAllBytesAsync(file, model);
            (await Fleet.KedgeAsync(["model", "push", file, "--name", "trial", "--tag", tag])).MustSucceed();
        }
    }

    /// <summary>Applies a deployment for the devices of a line; what is said of it is the caller's to judge.</summary>
    /// <param name="name">Name of the deployment.</param>
    /// <param name="line">Label <c>line</c> of its devices.</param>
    /// <param name="spec">The rest of its spec, in YAML without indentation.</param>
    protected async Task<CommandResult> DeployAsync(string name, string line, string spec)
    {
        string file = Path.Combine(Folder, $"{name}.yaml");
        string[] head =
        [
            "apiVersion: kedge.dev/v1", "kind: Deployment", $"metadata: {{name: {name}}}", "spec:",
            $"  selector: {{matchLabels: {{line: {line}}}}}",
        ];
        await File.WriteAllLinesAsync(file, head.Concat(spec.Split('\n').Select(static l => "  " + l)));
        return await Fleet.KedgeAsync(["apply", "-f", file]);
    }

    protected async Task<IReadOnlyList<DeviceResource>> DevicesAsync() =>
        (await Fleet.Client.ListDevicesAsync("", CancellationToken.None)).Items;

    /// <summary>What is known of a rollout and the fleet, for the message of a failure.</summary>
    protected async Task<string> DescribeAsync(string deployment) =>
        (await Fleet.KedgeAsync(["explain", "rollout", deployment])).Output + await Fleet.DescribeAsync();
}
