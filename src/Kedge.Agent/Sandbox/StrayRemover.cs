namespace Kedge.Agent.Sandbox;

/// <summary>Ends and removes what an earlier agent left and the ledger does not know.</summary>
internal static class StrayRemover
{
    /// <summary>Ends and removes an instance that nobody holds; one that is not there is no error.</summary>
    public static void Remove(InstancePaths paths, OciLauncher? oci, InstanceLogs logs)
    {
        if (!Directory.Exists(paths.Folder))
        {
            return;
        }

        string name = File.Exists(paths.LauncherFile) ? File.ReadAllText(paths.LauncherFile) : "";
        if (name == BareLauncher.Word)
        {
            BareLauncher.KillStray(paths);
        }

        logs.Keep(paths);
        Forget(paths, oci);
    }

    /// <summary>Removes what an instance that has ended left.</summary>
    public static void Forget(InstancePaths paths, OciLauncher? oci)
    {
        oci?.Remove(paths);
        Delete(paths.Folder);
    }

    /// <summary>Removes a folder as far as it goes.</summary>
    public static void Delete(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is left is a stray folder: the next adoption removes it.
        }
    }
}
