using Kedge.Tests.Fleet;

namespace Kedge.Bench.Common;

/// <summary>A fleet in a temporary folder, with both versions of the example pushed; leaves nothing.</summary>
public sealed class BenchFleet : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private BenchFleet(LocalFleet fleet)
    {
        Fleet = fleet;
        Models = new BearingModels(fleet);
    }

    public LocalFleet Fleet { get; }

    public BearingModels Models { get; }

    public IReadOnlyList<LocalDevice> Devices => Fleet.Devices;

    /// <summary>Starts the control plane and so many devices, and waits until all are connected.</summary>
    public static async Task<BenchFleet> StartAsync(int devices)
    {
        Programs programs = Programs.Find(AppContext.BaseDirectory);
        string folder = Directory.CreateTempSubdirectory("kedge-bench-").FullName;
        BenchFleet made = new(new LocalFleet(programs, folder));
        try
        {
            await made.Fleet.StartServerAsync();
            await made.Models.PushAsync();
            await made.GrowAsync(devices);
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    /// <summary>Enrols and starts devices until there are so many.</summary>
    public async Task GrowAsync(int devices)
    {
        while (Devices.Count < devices)
        {
            LocalDevice device = await Fleet.EnrolAsync($"device-{Devices.Count + 1:00}", ["bench=yes"]);
            device.Start();
        }

        await Until.TrueAsync(
            async () => (await Fleet.Client.ListDevicesAsync("", CancellationToken.None)).Items
                .Count(device => device.Connected && device.Architecture.Length > 0) == devices,
            Patience,
            Fleet.DescribeAsync);
    }

    /// <summary>Names the programs in a report.</summary>
    public async Task<(string Name, string Value)[]> VersionsAsync() =>
    [
        ("kedge-agent", (await CommandResult.RunAsync(Fleet.Programs.Agent, ["--version"])).Output.Trim()),
        ("runtime", Directory.GetParent(Programs.RuntimeLibrary)?.Parent?.Name ?? "unknown"),
        ("runc", (await CommandResult.RunAsync("runc", ["--version"])).Output.Split('\n')[0]),
        ("dotnet", Environment.Version.ToString()),
    ];

    public async ValueTask DisposeAsync()
    {
        await Fleet.DisposeAsync();
        Directory.Delete(Fleet.Folder, recursive: true);
    }
}
