using Kedge.Agent.Native;
using Kedge.Core;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// Hands what a model server was told, and kept in its state file, on to the instance that takes its place: an instance
/// that ended without being asked has a successor, which gets the file into its folder before it starts. The successor
/// says itself whether the file is meant for it. Files lie where instances lie, so that none outlives a boot.
/// </summary>
/// <param name="runFolder">Folder of this device's instances.</param>
internal sealed class KeptStates(string runFolder)
{
    private readonly string _folder = Path.Combine(runFolder, "state");

    /// <summary>
    /// Called when an instance has ended by itself, before its folder is deleted. What cannot be kept is not.
    /// </summary>
    internal void Keep(InstancePaths paths)
    {
        try
        {
            byte[]? state = UntrustedFile.ReadEnd(paths.State, AgentLimits.ServeStateBytesMax, out bool isWhole);
            if (state is null || !isWhole)
            {
                return;
            }

            _ = Directory.CreateDirectory(_folder);
            _ = AgentLibc.ChangeMode(_folder, 0x1C0); // 0700
            File.WriteAllBytes(FileOf(paths.Instance.Workload), state);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The successor begins as its release says.
        }
    }

    /// <summary>Gives what was kept to an instance that is about to start; the next one gets nothing.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal void Give(InstancePaths paths)
    {
        string file = FileOf(paths.Instance.Workload);
        if (File.Exists(file))
        {
            File.WriteAllBytes(paths.State, File.ReadAllBytes(file));
            File.Delete(file);
        }
    }

    /// <summary>Called when a workload is gone.</summary>
    internal void Forget(DeploymentId workload)
    {
        try
        {
            File.Delete(FileOf(workload));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It counts for no other workload.
        }
    }

    private string FileOf(DeploymentId workload) => Path.Combine(_folder, $"{workload}.json");
}
