using System.Collections.Immutable;
using System.Globalization;
using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Commands;

/// <summary>Reads the files behind <c>-f</c> as one manifest, so that all of them are applied or none, and finds the
/// file
/// again to which a line of the whole belongs.</summary>
internal sealed class ManifestFiles
{
    private const string Divider = "\n---\n";

    private readonly List<(string Name, int FirstLine)> _parts = [];

    private ManifestFiles(string text, ManifestSet set) => (Text, Set) = (text, set);

    /// <summary>All files as one text.</summary>
    public string Text { get; }

    /// <summary>The objects in it.</summary>
    public ManifestSet Set { get; }

    /// <summary>
    /// Reads files, folders and <c>-</c>; ends the command with everything that is wrong in any of them.
    /// </summary>
    public static async Task<ManifestFiles> ReadAsync(
        CliWorld world, IReadOnlyList<string> paths, CancellationToken ct)
    {
        List<(string Name, string Text)> files = [];
        foreach (string path in paths)
        {
            files.AddRange(await ReadPathAsync(world, path, ct).ConfigureAwait(false));
        }

        List<Finding> findings = [];
        foreach ((string name, string text) in files)
        {
            if (ManifestYaml.ReadSet(text) is ManifestOutcome.Invalid invalid)
            {
                findings.AddRange(invalid.Findings.Select(finding => InFile(finding, name)));
            }
        }

        if (findings.Count > 0)
        {
            throw new CliException([.. findings], ExitCodes.Refused);
        }

        return Join(files);
    }

    /// <summary>Findings of the server on the whole, named by file and line.</summary>
    public ImmutableArray<Finding> Localise(IEnumerable<Finding> findings) => [.. findings.Select(finding =>
    {
        if (finding.Line == 0 || _parts.Count == 0)
        {
            return finding;
        }

        (string name, int firstLine) = _parts.Last(part => part.FirstLine <= finding.Line);
        return InFile(finding with { Line = finding.Line - firstLine + 1 }, name);
    })];

    private static ManifestFiles Join(List<(string Name, string Text)> files)
    {
        System.Text.StringBuilder whole = new();
        List<(string, int)> parts = [];
        int line = 1;
        foreach ((string name, string text) in files)
        {
            if (whole.Length > 0)
            {
                whole.Append(Divider);
                line += Divider.Count(c => c == '\n');
            }

            parts.Add((name, line));
            whole.Append(text);
            line += text.Count(c => c == '\n');
        }

        // Valid one by one, the files may still contradict each other: a name twice, a port twice.
        string joined = whole.ToString();
        ManifestOutcome outcome = ManifestYaml.ReadSet(joined);
        ManifestFiles result = new(joined, outcome is ManifestOutcome.Valid valid ? valid.Set : new ManifestSet());
        result._parts.AddRange(parts);
        return outcome is ManifestOutcome.Invalid invalid
            ? throw new CliException(result.Localise(invalid.Findings), ExitCodes.Refused)
            : result;
    }

    private static async Task<IEnumerable<(string Name, string Text)>> ReadPathAsync(
        CliWorld world, string path, CancellationToken ct)
    {
        if (path == "-")
        {
            return [("stdin", await world.In.ReadToEndAsync(ct).ConfigureAwait(false))];
        }

        if (!Directory.Exists(path))
        {
            return [(path, await ReadFileAsync(path, ct).ConfigureAwait(false))];
        }

        List<(string, string)> files = [];
        foreach (string file in Directory.EnumerateFiles(path).Order(StringComparer.Ordinal).Where(IsManifest))
        {
            files.Add((file, await ReadFileAsync(file, ct).ConfigureAwait(false)));
        }

        return files.Count > 0
            ? files
            : throw new CliException(
                CliErrors.File, $"{path} holds no file that ends in .yaml, .yml or .json", ExitCodes.Failed);
    }

    private static async Task<string> ReadFileAsync(string path, CancellationToken ct)
    {
        if (new FileInfo(path) is { Exists: true, Length: > Limits.ManifestBytesMax })
        {
            throw new CliException([SpecErrors.TooLarge.At($"{path} is larger than 1 MiB")], ExitCodes.Refused);
        }

        return await File.ReadAllTextAsync(path, ct).ConfigureAwait(false);
    }

    private static bool IsManifest(string path) =>
        Path.GetExtension(path) is ".yaml" or ".yml" or ".json";

    private static Finding InFile(Finding finding, string name)
    {
        string line = finding.Line > 0 ? string.Create(CultureInfo.InvariantCulture, $"{finding.Line}:") : "";
        return finding with { Message = $"{name}:{line} {finding.Message}" };
    }
}
