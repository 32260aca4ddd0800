using Kedge.Tests.Fleet;

namespace Kedge.EndToEnd.Vm;

/// <summary>The command that boots a machine for a look by hand does so.</summary>
[Collection(EmulatedMachine.Alone)]
public sealed class DevVmTests
{
    [Fact]
    public async Task Dev_vm_boots_a_machine_and_runs_one_command_in_it()
    {
        string root = Programs.Find(AppContext.BaseDirectory).Root;
        CommandResult result = await CommandResult.RunAsync(
            Path.Combine(root, "dev"), ["vm", "--", "systemctl", "status"],
            folder: root, deadline: TimeSpan.FromMinutes(8));
        Assert.Contains("systemd", result.MustSucceed().Output, StringComparison.Ordinal);
        Assert.Matches(@"State: (running|starting|degraded)", result.Output);
    }
}
