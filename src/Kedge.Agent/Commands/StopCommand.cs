using Kedge.Agent.Sandbox;

namespace Kedge.Agent.Commands;

/// <summary><c>kedge-agent stop</c>: ends every workload that the agent left running, for an uninstall.</summary>
internal static class StopCommand
{
    internal static async Task<int> RunAsync(Arguments arguments, TimeProvider time, CancellationToken cancel)
    {
        DataFolder folder = new(arguments.One("--data"));
        if (!Directory.Exists(folder.Disk.Root))
        {
            return ExitCodes.Done;
        }

        folder.Lock();
        AgentConfig config = AgentConfig.Load(folder.Disk);
        using (ServeSupervisor supervisor = new(folder.Supervisor(config, null, null), time))
        {
            _ = await supervisor.TestAsync(cancel).ConfigureAwait(false);

            // To adopt nothing is to remove everything that was ever started here.
            _ = await supervisor.AdoptAsync([], cancel).ConfigureAwait(false);
            supervisor.Leave();
        }

        if (Directory.Exists(folder.Run))
        {
            Directory.Delete(folder.Run, recursive: true);
        }

        Console.Out.WriteLine("Every workload is stopped.");
        return ExitCodes.Done;
    }
}
