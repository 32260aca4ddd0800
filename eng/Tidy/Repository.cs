namespace Kedge.Tidy;

/// <summary>The files that Tidy judges, read from a working tree or made up by a test.</summary>
/// <param name="Files">In the order of their paths.</param>
public sealed record Repository(IReadOnlyList<SourceFile> Files)
{
    private static readonly string[] FoldersLeftOut = [".git", "out", "bin", "obj", "node_modules", ".cache"];

    private static readonly string[] TextExtensions =
    [
        ".cs", ".csproj", ".props", ".targets", ".slnx", ".json", ".md", ".txt", ".yaml", ".yml", ".sh", ".sql",
        ".service", ".proto", ".html", ".css", ".js", ".mjs", ".py", ".conf", ".toml", "",
    ];

    /// <summary>Largest file read, in bytes: a larger one is a vector, not a text.</summary>
    public const long FileBytesMax = 2 * 1024 * 1024;

    /// <summary>Reads every text file under <paramref name="root"/>, except what is built.</summary>
    /// <param name="root">The folder that holds <c>Kedge.slnx</c>.</param>
    public static Repository Read(string root)
    {
        List<SourceFile> files = [];
        Collect(new DirectoryInfo(root), "", files);
        return new Repository([.. files.OrderBy(file => file.Path, StringComparer.Ordinal)]);
    }

    /// <summary>The nearest folder at or above <paramref name="start"/> that holds <c>Kedge.slnx</c>.</summary>
    /// <param name="start">Where to begin.</param>
    /// <exception cref="DirectoryNotFoundException">There is none.</exception>
    public static string FindRoot(string start)
    {
        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Kedge.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no Kedge.slnx at or above {start}");
    }

    /// <summary>In a linked working tree <c>.git</c> is a file that names another folder.</summary>
    private static bool IsText(FileInfo file) => file.Name != ".git"
        && (file.Name.StartsWith('.') || TextExtensions.Contains(file.Extension, StringComparer.Ordinal));

    private static void Collect(DirectoryInfo folder, string prefix, List<SourceFile> files)
    {
        foreach (FileInfo file in folder.EnumerateFiles())
        {
            if (IsText(file) && file.LinkTarget is null && file.Length <= FileBytesMax)
            {
                string text = File.ReadAllText(file.FullName);
                if (!text.Contains('\0', StringComparison.Ordinal))
                {
                    files.Add(new SourceFile(prefix + file.Name, text));
                }
            }
        }

        foreach (DirectoryInfo child in folder.EnumerateDirectories())
        {
            if (child.LinkTarget is null && !FoldersLeftOut.Contains(child.Name, StringComparer.Ordinal))
            {
                Collect(child, $"{prefix}{child.Name}/", files);
            }
        }
    }
}
