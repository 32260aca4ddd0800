using System.Globalization;
using System.Text.Json;
using Kedge.Api.Resources;
using Kedge.EndToEnd.Story;
using Kedge.Tests.Fleet;
using Xunit.Abstractions;

namespace Kedge.EndToEnd.Vm;

/// <summary>
/// The package where it belongs: on a machine that systemd has booted, with cgroup v2 and AppArmor. One story, since to
/// boot an emulated machine takes half a minute.
/// </summary>
[Collection(EmulatedMachine.Alone)]
public sealed class InstalledDeviceTests(ITestOutputHelper output)
{
    [Fact]
    public async Task An_installed_agent_serves_through_kills_and_power_cuts_until_it_is_purged()
    {
        await using InstalledDevice device = await InstalledDevice.MakeAsync();
        await ToldAsync("booted beside a control plane", device.StartAsync());
        await ToldAsync("package installed", device.InstallAsync());
        await ToldAsync("enrolled and started", device.EnrolAsync());
        await ToldAsync("connected, doctor content", DoctorIsContentAsync(device));
        await ToldAsync("deployed and serving", device.DeployAsync());
        Assert.Equal(42, await device.AskAsync());
        WorkloadResource workload = await device.WorkloadAsync();
        await ToldAsync("limits read back", LimitsHoldAsync(device, workload.Pid));
        await ToldAsync("images decoded under the same profile", ImagesAreDecodedAsync(device));
        await ToldAsync("confined by AppArmor", ProfileConfinesAsync(device, workload.Pid));
        await ToldAsync("agent killed, workload adopted", KilledAgentComesBackAsync(device, workload));
        await ToldAsync("power cut, serving without a server", PowerCutIsSurvivedAsync(device));
        await ToldAsync("purged", PurgeLeavesNothingAsync(device));
    }

    private async Task ToldAsync(string what, Task chapter)
    {
        long start = TimeProvider.System.GetTimestamp();
        await chapter;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{TimeProvider.System.GetElapsedTime(start).TotalSeconds,6:0.0} s  {what}"));
    }

    private static async Task DoctorIsContentAsync(InstalledDevice device)
    {
        await Until.TrueAsync(
            async () => (await device.Fleet.DeviceAsync(InstalledDevice.Device)).Connected,
            InstalledDevice.Patience, device.DescribeAsync, 250);
        string said = await device.DoAsync("kedge-agent", "doctor", "--data", "/var/lib/kedge");
        Assert.Matches("(?m)^ok +agent +running, pid [0-9]+$", said);
        Assert.Matches("(?m)^ok +sandbox +runc ", said);
        Assert.Matches("(?m)^ok +cgroups +version 2$", said);
        Assert.Matches("(?m)^ok +lsm +.*apparmor", said);
        Assert.Matches("(?m)^ok +link ", said);
        Assert.DoesNotMatch("(?m)^(warn|fail) ", said);
        DeviceResource reported = await device.Fleet.DeviceAsync(InstalledDevice.Device);
        Assert.Contains("\"v2\"", reported.Facts.ToString(), StringComparison.Ordinal);
    }

    private static async Task LimitsHoldAsync(InstalledDevice device, int pid)
    {
        string own = await device.DoAsync("cat", string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cgroup"));
        Assert.StartsWith("0::/system.slice/kedge-workloads.service/", own, StringComparison.Ordinal);
        string folder = "/sys/fs/cgroup" + own[3..];
        Assert.Equal("201326592", await device.DoAsync("cat", $"{folder}/memory.max"));
        Assert.Equal("50000 100000", await device.DoAsync("cat", $"{folder}/cpu.max"));
        Assert.Equal("48", await device.DoAsync("cat", $"{folder}/pids.max"));
        Assert.Equal("1", await device.DoAsync("cat", $"{folder}/cpuset.cpus.effective"));
        Assert.Equal("0", await device.DoAsync(
            "cat", string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/oom_score_adj")));
    }

    /// <summary>Graphs, image libraries and TensorFlow Lite ask for nothing that the profile refuses.</summary>
    private static async Task ImagesAreDecodedAsync(InstalledDevice device)
    {
        await device.DeployImagesAsync();
        foreach (string image in ColourClassifier.Images)
        {
            _ = await device.AskForLabelAsync(image);
        }

        string refused = await RefusalsAsync(device);
        Assert.True(refused.Length == 0, refused);
        await device.RemoveImagesAsync();
    }

    /// <summary>A file that the sandbox shows and everybody may read is refused to the model server.</summary>
    private static async Task ProfileConfinesAsync(InstalledDevice device, int pid)
    {
        Assert.Equal("kedge-workload (enforce)", await device.DoAsync(
            "cat", string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/attr/apparmor/current")));
        string refused = await RefusalsAsync(device);
        Assert.True(refused.Length == 0, refused);
        string state = await device.DoAsync(
            "find", "/run/kedge", "-mindepth", "2", "-maxdepth", "2", "-name", "oci");
        string container = await device.DoAsync("runc", "--root", state, "list", "--quiet");
        CommandResult read = await device.Machine.RunAsync(
            "runc", "--root", state, "exec", container, "/kedge/kedge-serve", "--config", "/proc/version");
        Assert.NotEqual(0, read.ExitCode);
        Assert.Contains("name=\"/proc/version\"", await RefusalsAsync(device), StringComparison.Ordinal);
        Assert.Equal(42, await device.AskAsync());
    }

    /// <summary>What the kernel refused in the name of the profile.</summary>
    private static async Task<string> RefusalsAsync(InstalledDevice device) => (await device.Machine.RunAsync(
        "journalctl", "--dmesg", "--output=cat", "--quiet", "--grep", "DENIED.*profile=.kedge-workload"))
        .Output.Trim();

    /// <summary>SIGKILL for every process of the agent's unit, as <c>systemctl kill</c> sends it.</summary>
    private static async Task KilledAgentComesBackAsync(InstalledDevice device, WorkloadResource workload)
    {
        int before = await device.MainProcessAsync("kedge-agent");
        await device.DoAsync("systemctl", "kill", "--signal=KILL", "kedge-agent");
        Assert.Equal(42, await device.AskAsync());
        JsonElement? status = null;
        await Until.TrueAsync(
            async () => (status = await device.StatusAsync()) is { } now
                && now.GetProperty("pid").GetInt32() != before
                && now.GetProperty("linkUp").GetBoolean(),
            InstalledDevice.Patience, device.DescribeAsync, 250);
        Assert.Equal(await device.MainProcessAsync("kedge-agent"), status!.Value.GetProperty("pid").GetInt32());
        Assert.Equal(42, await device.AskAsync());
        await Until.TrueAsync(
            async () => (await device.Fleet.DeviceAsync(InstalledDevice.Device)).Connected,
            InstalledDevice.Patience, device.DescribeAsync, 250);
        WorkloadResource after = await device.WorkloadAsync();
        Assert.Equal((workload.Pid, workload.Instance, "serving"), (after.Pid, after.Instance, after.Phase));

        // Asked to stop, it ends alone as well; the unit that is asked to start again finds it all in place.
        await device.DoAsync("systemctl", "stop", "kedge-agent");
        Assert.Equal(42, await device.AskAsync());
        await device.DoAsync("systemctl", "start", "kedge-agent");
        Assert.Equal(workload.Pid, await ServingProcessAsync(device));
    }

    private static async Task PowerCutIsSurvivedAsync(InstalledDevice device)
    {
        await device.Fleet.Server.KillAsync();
        await device.Machine.CutPowerAsync();
        await device.Machine.BootAsync();
        await Until.TrueAsync(
            async () => await device.AskAsync() == 42, InstalledDevice.Patience, device.DescribeAsync, 250);
        Assert.True(device.Fleet.Server.HasExited);
        Assert.False((await device.StatusAsync())!.Value.GetProperty("linkUp").GetBoolean());
    }

    private static async Task PurgeLeavesNothingAsync(InstalledDevice device)
    {
        int model = await ServingProcessAsync(device);
        await device.DoAsync("apt-get", "--quiet", "purge", "--yes", "kedge-agent");
        string[] places =
        [
            "/var/lib/kedge", "/run/kedge", "/usr/lib/kedge", "/usr/bin/kedge-agent", "/usr/share/doc/kedge-agent",
            "/lib/systemd/system/kedge-agent.service", "/lib/systemd/system/kedge-workloads.service",
            "/etc/apparmor.d/kedge-workload", "/etc/systemd/system/multi-user.target.wants/kedge-agent.service",
            "/sys/fs/cgroup/kedge", "/sys/fs/cgroup/system.slice/kedge-agent.service",
            "/sys/fs/cgroup/system.slice/kedge-workloads.service",
            string.Create(CultureInfo.InvariantCulture, $"/proc/{model}"),
        ];
        string left = (await device.Machine.RunAsync(["ls", "-d", "--", .. places])).Output;
        Assert.Equal("", left);
        Assert.DoesNotContain(
            "kedge", await device.DoAsync("systemctl", "list-units", "--all", "--plain"), StringComparison.Ordinal);
        Assert.DoesNotContain(
            "kedge", await device.DoAsync("cat", "/sys/kernel/security/apparmor/profiles"), StringComparison.Ordinal);
        Assert.Null(await device.AskAsync());
    }

    /// <summary>The process that serves, as the agent in the device knows it.</summary>
    private static async Task<int> ServingProcessAsync(InstalledDevice device)
    {
        int pid = 0;
        await Until.TrueAsync(
            async () => await device.StatusAsync() is { } status
                && (pid = status.GetProperty("status").GetProperty("workloads")[0].GetProperty("pid").GetInt32()) != 0,
            InstalledDevice.Patience, device.DescribeAsync, 250);
        return pid;
    }
}
