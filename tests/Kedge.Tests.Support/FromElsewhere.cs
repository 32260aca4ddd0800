namespace Kedge.Tests.Support;

/// <summary>
/// Data from elsewhere, too large to commit: it lies in <c>shared/data</c> beside the checkout, or where
/// KEDGE_SHARED_DATA says. What a test would compare and cannot is told by name and count: in the test's output, and in
/// the file that KEDGE_ABSENT names, which <c>./test</c> prints at its end.
/// </summary>
public static class FromElsewhere
{
    /// <summary>The folder; null when there is none.</summary>
    public static string? Folder { get; } = FindFolder();

    /// <summary>Path of a file or folder of the data; null when it is absent, which is told.</summary>
    /// <param name="name">Path below the folder, with forward slashes.</param>
    /// <param name="unproven">What goes unproven without it, with its count: "1,009 conformance cases".</param>
    /// <param name="say">The test's output.</param>
    public static string? Find(string name, string unproven, Action<string> say)
    {
        string path = Path.Combine(Folder ?? "", name);
        if (Folder is not null && Path.Exists(path))
        {
            return path;
        }

        string line = $"not compared: {unproven}; shared/data/{name} is absent (KEDGE_SHARED_DATA)";
        say(line);
        if (Environment.GetEnvironmentVariable("KEDGE_ABSENT") is { Length: > 0 } log)
        {
            File.AppendAllText(log, line + Environment.NewLine);
        }

        return null;
    }

    private static string? FindFolder()
    {
        if (Environment.GetEnvironmentVariable("KEDGE_SHARED_DATA") is { Length: > 0 } given)
        {
            return Directory.Exists(given) ? given : null;
        }

        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string beside = Path.Combine(at.FullName, "shared", "data");
            if (Directory.Exists(beside))
            {
                return beside;
            }
        }

        return null;
    }
}
