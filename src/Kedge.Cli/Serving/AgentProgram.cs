namespace Kedge.Cli.Serving;

/// <summary>Finds the agent's program.</summary>
internal static class AgentProgram
{
    private const string FileName = "kedge-agent";

    /// <summary>The named program, or the first that is found; ends the command when there is none.</summary>
    public static string Find(CliWorld world, string named)
    {
        string[] candidates = named.Length > 0 ? [Path.GetFullPath(named)] : [.. Candidates(world)];
        return candidates.FirstOrDefault(File.Exists) ?? throw new CliException(
            CliErrors.NoAgent,
            $"it is at none of these: {string.Join(", ", candidates.Take(6))}",
            ExitCodes.Failed);
    }

    /// <summary>
    /// Beside this program, in the folder beside it where published programs lie, in a checkout, on the PATH.
    /// </summary>
    private static IEnumerable<string> Candidates(CliWorld world)
    {
        string here = AppContext.BaseDirectory.TrimEnd('/');
        yield return Path.Combine(here, FileName);
        yield return Path.Combine(Path.GetDirectoryName(here) ?? "/", FileName, FileName);
        for (string? folder = here; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Kedge.slnx")))
            {
                yield return Path.Combine(folder, "out", "publish", FileName, FileName);
            }
        }

        yield return Path.Combine("/usr/lib/kedge", FileName);
        foreach (string folder in (world.Environment("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            yield return Path.Combine(folder, FileName);
        }
    }
}
