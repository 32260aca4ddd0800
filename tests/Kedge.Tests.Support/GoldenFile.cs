namespace Kedge.Tests.Support;

/// <summary>A file of the repository that must equal what a test makes; <c>./dev golden</c> writes it anew.</summary>
public static class GoldenFile
{
    /// <summary>Path of a file or folder of the repository.</summary>
    public static string PathOf(string relative)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Kedge.slnx")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(
            folder?.FullName ?? throw new InvalidOperationException("the repository's root was not found"), relative);
    }

    /// <summary>Null when the file holds exactly this text; otherwise a sentence with the first line that differs.
    /// With <c>KEDGE_GOLDEN=1</c> it writes the file and returns null.</summary>
    public static string? Difference(string relative, string text)
    {
        string path = PathOf(relative);
        if (Environment.GetEnvironmentVariable("KEDGE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
            return null;
        }

        if (!File.Exists(path))
        {
            return $"{relative} is missing; ./dev golden writes it";
        }

        string[] expected = File.ReadAllText(path).ReplaceLineEndings("\n").Split('\n');
        string[] actual = text.ReplaceLineEndings("\n").Split('\n');
        for (int index = 0; index < Math.Max(expected.Length, actual.Length); index++)
        {
            string? was = index < expected.Length ? expected[index] : null;
            string? isNow = index < actual.Length ? actual[index] : null;
            if (was != isNow)
            {
                return $"{relative} differs at line {index + 1}; ./dev golden writes it anew\n- {was}\n+ {isNow}"
                    + $"\n\n{text}";
            }
        }

        return null;
    }
}
