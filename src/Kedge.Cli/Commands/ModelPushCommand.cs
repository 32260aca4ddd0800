using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Kedge.Api.Resources;
using Kedge.Cli.Models;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Content;
using Kedge.Content.Gate;
using Kedge.Content.Packages;
using Kedge.Content.Trust;
using Kedge.Content.Trust.ModelSigning;
using Kedge.Core;
using Kedge.Core.Manifests;
using Kedge.Core.Models;

namespace Kedge.Cli.Commands;

/// <summary>
/// <c>kedge model push FILE</c>: looks a model over, packages and signs it, and brings it to the server.
/// </summary>
internal static class ModelPushCommand
{
    public static Command Create(CommandAction action)
    {
        PushArguments arguments = new();
        Command command = new("push", "Package, sign and upload a model file.");
        arguments.AddTo(command);
        action.Bind(command, (session, ct) => PushAsync(session, arguments, ct));
        return command;
    }

    private static async Task PushAsync(Session session, PushArguments arguments, CancellationToken ct)
    {
        string path = session.Get(arguments.File) ?? "";
        string name = ModelName(session.Get(arguments.Name) ?? "", path);
        string[] tags = session.Get(arguments.Tag) is { Length: > 0 } given ? given : ["latest"];
        foreach (string tag in tags.Where(tag => !PackageReference.IsTag(tag)))
        {
            throw new CliException(CliErrors.Usage, $"'{tag}' is no tag", ExitCodes.Usage);
        }

        using ECDsa key = KeyChoice.Read(session, session.Get(arguments.Key) ?? "", "model-signing.key");
        byte[] model = await ReadAsync(path, ModelLimits.FileBytesMax, ct).ConfigureAwait(false);
        string goldenPath = session.Get(arguments.Golden) ?? "";
        byte[] golden = goldenPath.Length > 0
            ? await ReadAsync(goldenPath, ModelLimits.GoldenBytesMax, ct).ConfigureAwait(false)
            : [];

        byte[]? author = AuthorSignature.Read(
            session.Get(arguments.Signature) ?? "",
            (session.Get(arguments.SignatureKey) ?? "", session.Get(arguments.SignatureRoot) ?? []),
            [new SignedFile(Path.GetFileName(path), Digest.Of(model))]);
        string referencePath = session.Get(arguments.Reference) ?? "";
        byte[] more = referencePath.Length > 0
            ? await ReadAsync(referencePath, ModelLimits.GoldenBytesMax, ct).ConfigureAwait(false)
            : [];

        // The gate reads every byte before a native runtime sees the file.
        if (ModelGate.Inspect(path, model) is GateOutcome.Refused refused)
        {
            throw new CliException(refused.Findings, ExitCodes.Refused);
        }

        (GoldenRequest? samples, string sentence) =
            GoldenChoice.Choose(model, golden, session.Get(arguments.SkipGoldenCheck));
        (string reference, string drift) = ReferenceChoice.Choose(golden, more);
        BuildOutcome.Built package = Build(new PackageRequest
        {
            Name = name,
            CreatedAtMs = session.NowMs,
            FileName = path,
            Model = model,
            Golden = samples,
            Reference = reference,
            Architectures = [.. session.Get(arguments.Architecture) ?? []],
            Provenance = Provenance(session.Get(arguments.Provenance) ?? []),
        });
        byte[] envelope = AuthorSignature.Attach(
            Dsse.Sign(PackageFormat.PayloadType, package.Payload.AsSpan(), key), package.Manifest, key, author);
        PackagePush push = new(session, package);
        PushResource stored = await push.RunAsync(envelope, ct).ConfigureAwait(false);
        foreach (string tag in tags)
        {
            await session.Client.TagPackageAsync(name, tag, stored.Digest, ct).ConfigureAwait(false);
        }

        Show(session, (stored, tags, sentence, drift), (push, package), OutputOption.Parse(
            session.Get(arguments.Output)));
    }

    private static BuildOutcome.Built Build(PackageRequest request) => PackageBuilder.Build(request) switch
    {
        BuildOutcome.Built built => built,
        BuildOutcome.Refused refused => throw new CliException(refused.Findings, ExitCodes.Refused),
        _ => throw Check.Unreachable(),
    };

    private static void Show(
        Session session,
        (PushResource Stored, string[] Tags, string Sentence, string Drift) result,
        (PackagePush Push, BuildOutcome.Built Package) work,
        OutputFormat format)
    {
        PushResource stored = result.Stored;
        if (format is OutputFormat.Json or OutputFormat.Yaml)
        {
            JsonObject node = new()
            {
                ["name"] = stored.Name,
                ["digest"] = stored.Digest,
                ["created"] = stored.Created,
                ["tags"] = new JsonArray([.. result.Tags.Select(tag => (JsonNode)tag)]),
                ["chunks"] = work.Package.Chunks.Length,
                ["chunksSent"] = work.Push.SentChunks,
                ["bytesSent"] = work.Push.SentBytes,
                ["golden"] = result.Sentence,
            };
            if (result.Drift.Length > 0)
            {
                node["reference"] = result.Drift;
            }

            session.Print.Raw(NodeText.Write(node, format));
            return;
        }

        long bytes = work.Package.Chunks.Sum(chunk => (long)chunk.Chunk.Bytes);
        session.Print.Line($"model/{stored.Name} {(stored.Created ? "pushed" : "was there already")}: {stored.Digest}");
        session.Print.Line($"  tags: {string.Join(", ", result.Tags.Select(tag => $"{stored.Name}:{tag}"))}");
        session.Print.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"  {work.Package.Chunks.Length} chunks, {Ages.Bytes(bytes)}; sent {work.Push.SentChunks}, ")
            + Ages.Bytes(work.Push.SentBytes));
        session.Print.Line("  " + result.Sentence);
        if (result.Drift.Length > 0)
        {
            session.Print.Line("  " + result.Drift);
        }
    }

    private static string ModelName(string given, string path)
    {
        if (given.Length > 0)
        {
            return Ids.IsName(given)
                ? given
                : throw new CliException(
                    CliErrors.Usage, $"--name {given} is no name: use a-z, 0-9 and hyphens", ExitCodes.Usage);
        }

        string fromFile = Path.GetFileNameWithoutExtension(path).ToLowerInvariant().Replace('_', '-').Replace('.', '-');
        return Ids.IsName(fromFile)
            ? fromFile
            : throw new CliException(
                CliErrors.Usage, $"the name of {path} is no name for a model; give one with --name", ExitCodes.Usage);
    }

    private static async Task<byte[]> ReadAsync(string path, long bytesMax, CancellationToken ct)
    {
        FileInfo file = new(path);
        if (!file.Exists)
        {
            throw new CliException(CliErrors.File, $"{path} does not exist", ExitCodes.Failed);
        }

        long most = Math.Min(bytesMax, Array.MaxLength);
        return file.Length > most
            ? throw new CliException(
                [ContentErrors.TooLarge.At(
                    $"{path} has {Ages.Bytes(file.Length)}, at most {Ages.Bytes(most)} are taken")],
                ExitCodes.Refused)
            : await File.ReadAllBytesAsync(path, ct).ConfigureAwait(false);
    }

    private static ImmutableSortedDictionary<string, string> Provenance(string[] entries)
    {
        var provenance = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (string entry in entries)
        {
            int equals = entry.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
            {
                throw new CliException(CliErrors.Usage, $"'{entry}' is not KEY=VALUE", ExitCodes.Usage);
            }

            provenance[entry[..equals]] = entry[(equals + 1)..];
        }

        return provenance.ToImmutable();
    }
}
