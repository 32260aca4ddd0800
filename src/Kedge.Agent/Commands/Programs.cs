namespace Kedge.Agent.Commands;

/// <summary>
/// Finds what the agent's package brings: named, beside this program, beside another, or where the package puts it.
/// </summary>
internal static class Programs
{
    private const string Installed = "/usr/lib/kedge";

    /// <summary>An absolute path; that of the package when it is nowhere, so that a message can name it.</summary>
    internal static string Find(string file, string? named, string? besides)
    {
        if (!string.IsNullOrEmpty(named))
        {
            return Path.GetFullPath(named);
        }

        string[] folders =
        [
            AppContext.BaseDirectory,
            besides is null ? "" : Path.GetDirectoryName(Path.GetFullPath(besides)) ?? "",
            Path.Combine(AppContext.BaseDirectory, "..", "kedge-serve"),
        ];
        string? found = folders.Where(static f => f.Length > 0).Select(f => Path.GetFullPath(Path.Combine(f, file)))
            .FirstOrDefault(File.Exists);
        return found ?? $"{Installed}/{file}";
    }
}
