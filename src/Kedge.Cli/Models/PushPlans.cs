using System.Collections.Immutable;
using Kedge.Cli.Commands;
using Kedge.Cli.Running;
using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Manifests;
using Kedge.Core.Models;

namespace Kedge.Cli.Models;

/// <summary>Makes the plan of a push of what the command line says, or of the package file that it names.</summary>
internal static class PushPlans
{
    public static PushPlan Of(Session session, PushArguments arguments)
    {
        string packageFile = session.Get(arguments.Package) ?? "";
        if (packageFile.Length == 0)
        {
            return OfArguments(session, arguments);
        }

        string[] beside = [.. Beside(session, arguments)];
        return beside.Length == 0
            ? OfFile(packageFile, session.Get(arguments.Provenance) ?? [])
            : throw Usage($"--filename says what to push; {beside[0]} cannot be given beside it");
    }

    private static IEnumerable<string> Beside(Session session, PushArguments arguments)
    {
        (string Name, bool IsGiven)[] others =
        [
            ("FILE", session.Get(arguments.File) is { Length: > 0 }),
            ("--name", session.Get(arguments.Name) is { Length: > 0 }),
            ("--variant", session.Get(arguments.Variant) is { Length: > 0 }),
            ("--tolerance", session.Get(arguments.Tolerance) is { Length: > 0 }),
            ("--graph", session.Get(arguments.Graph) is { Length: > 0 }),
            ("--labels", session.Get(arguments.Labels) is { Length: > 0 }),
            ("--golden", session.Get(arguments.Golden) is { Length: > 0 }),
            ("--reference", session.Get(arguments.Reference) is { Length: > 0 }),
            ("--architecture", session.Get(arguments.Architecture) is { Length: > 0 }),
        ];
        return others.Where(static other => other.IsGiven).Select(static other => other.Name);
    }

    private static PushPlan OfArguments(Session session, PushArguments arguments)
    {
        string path = session.Get(arguments.File) is { Length: > 0 } file
            ? file
            : throw Usage("there is nothing to push: name a model FILE, or a package file with --filename");
        ImmutableArray<string> architectures = [.. session.Get(arguments.Architecture) ?? []];
        return new PushPlan
        {
            Name = ModelName(session.Get(arguments.Name) ?? "", path),
            Variants =
            [
                Variant("", path, architectures),
                .. (session.Get(arguments.Variant) ?? []).Select(text => Named(text, architectures)),
            ],
            Tolerances = ToleranceText.Parse(session.Get(arguments.Tolerance) ?? []),
            Graph = session.Get(arguments.Graph) ?? "",
            Labels = session.Get(arguments.Labels) ?? "",
            Golden = session.Get(arguments.Golden) ?? "",
            Reference = session.Get(arguments.Reference) ?? "",
            Provenance = Provenance(session.Get(arguments.Provenance) ?? []),
        };
    }

    private static VariantSpec Named(string text, ImmutableArray<string> architectures)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && equals < text.Length - 1 && Ids.IsName(text[..equals])
            ? Variant(text[..equals], text[(equals + 1)..], architectures)
            : throw Usage($"'{text}' is no variant; write NAME=FILE with a name of a-z, 0-9 and hyphens");
    }

    private static VariantSpec Variant(string name, string path, ImmutableArray<string> architectures) => new()
    {
        Name = name,
        File = path,
        Files = [],
        Accelerator = AcceleratorKind.Cpu,
        Architectures = architectures,
        IsaFeatures = [],
        Tolerance = null,
        Costs = [],
    };

    private static PushPlan OfFile(string packageFile, string[] provenance)
    {
        PackageSpec spec = Read(packageFile);
        string folder = Path.GetDirectoryName(Path.GetFullPath(packageFile)) ?? "/";
        string Beneath(string path) => path.Length > 0 ? Path.Combine(folder, path) : "";
        return new PushPlan
        {
            Name = spec.Name,
            Variants =
            [
                .. spec.Variants.Select(v => v with { File = Beneath(v.File), Files = [.. v.Files.Select(Beneath)] }),
            ],
            Tolerances = new Dictionary<string, GoldenTolerance>(StringComparer.Ordinal),
            Graph = Beneath(spec.Graph),
            Labels = Beneath(spec.Labels),
            Golden = Beneath(spec.Golden),
            Reference = Beneath(spec.Reference),
            Provenance = Provenance([.. spec.Provenance, .. provenance]),
        };
    }

    private static PackageSpec Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new CliException(CliErrors.File, $"{path} does not exist", ExitCodes.Failed);
        }

        if (new FileInfo(path).Length > Limits.ManifestBytesMax)
        {
            throw new CliException([SpecErrors.TooLarge.At($"{path} is too large")], ExitCodes.Refused);
        }

        ImmutableArray<Finding> findings;
        switch (ManifestYaml.Read(File.ReadAllBytes(path)))
        {
            case ManifestTextOutcome.Read read:
                PackageSpecOutcome outcome = PackageSpecReader.Read(read.Documents);
                if (outcome is PackageSpecOutcome.Valid valid)
                {
                    return valid.Spec;
                }

                findings = ((PackageSpecOutcome.Invalid)outcome).Findings;
                break;
            case ManifestTextOutcome.Invalid invalid:
                findings = invalid.Findings;
                break;
            default:
                throw Check.Unreachable();
        }

        throw new CliException(
            [.. findings.Select(f => f with { Message = $"{path}:{f.Line}: {f.Message}" })], ExitCodes.Refused);
    }

    private static string ModelName(string given, string path)
    {
        if (given.Length > 0)
        {
            return Ids.IsName(given) ? given : throw Usage($"--name {given} is no name: use a-z, 0-9 and hyphens");
        }

        string fromFile = Path.GetFileNameWithoutExtension(path).ToLowerInvariant().Replace('_', '-').Replace('.', '-');
        return Ids.IsName(fromFile)
            ? fromFile
            : throw Usage($"the name of {path} is no name for a model; give one with --name");
    }

    private static ImmutableSortedDictionary<string, string> Provenance(IEnumerable<string> entries)
    {
        var provenance = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (string entry in entries)
        {
            int equals = entry.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
            {
                throw Usage($"'{entry}' is not KEY=VALUE");
            }

            provenance[entry[..equals]] = entry[(equals + 1)..];
        }

        return provenance.ToImmutable();
    }

    private static CliException Usage(string message) => new(CliErrors.Usage, message, ExitCodes.Usage);
}
