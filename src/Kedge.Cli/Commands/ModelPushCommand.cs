using System.Collections.Immutable;
using System.CommandLine;
using System.Security.Cryptography;
using Kedge.Api.Resources;
using Kedge.Cli.Models;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Content;
using Kedge.Content.Packages;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.Cli.Commands;

/// <summary>
/// <c>kedge model push FILE</c>: looks the variants of a model over, packages and signs them, and brings them to the
/// server.
/// </summary>
internal static class ModelPushCommand
{
    public static Command Create(CommandAction action)
    {
        PushArguments arguments = new();
        Command command = new("push", "Package, sign and upload a model in one or more variants.");
        arguments.AddTo(command);
        action.Bind(command, async (session, ct) =>
        {
            PushDescription description = await RunAsync(
                session, PushPlans.Of(session, arguments), arguments.Terms(session), ct).ConfigureAwait(false);
            description.Print(session, OutputOption.Parse(session.Get(arguments.Output)));
        });
        return command;
    }

    /// <summary>Packages, signs and uploads what a plan says; ends the command when it is not acceptable.</summary>
    public static async Task<PushDescription> RunAsync(
        Session session, PushPlan plan, PushTerms terms, CancellationToken ct)
    {
        using ECDsa key = KeyChoice.Read(session, terms.Key, "model-signing.key");
        byte[] golden = await SamplesAsync(plan.Golden, ct).ConfigureAwait(false);
        byte[] more = await SamplesAsync(plan.Reference, ct).ConfigureAwait(false);
        using PushFiles files = new(ct);

        // The gate reads every byte before a native runtime sees a file.
        ImmutableArray<PushedVariant> variants = PushedVariants.Inspect(plan, files);
        GraphRequest? graph = variants[0].Graph?.Declare(variants, plan.Graph);
        byte[]? author = AuthorSignature.Read(
            terms.Signature,
            (terms.SignatureKey, terms.SignatureRoots),
            [.. variants.SelectMany(static variant => variant.SignedFiles())]);
        GoldenChoice choice = GoldenChoice.Choose(variants, golden, terms.SkipsGoldenCheck);
        (string reference, string drift) = ReferenceChoice.Choose(golden, more);
        if (terms.Measures)
        {
            variants = new CostMeter(session.World.Time, ThisMachine.HardwareClass()).Measure(variants, choice.Samples);
        }

        BuildOutcome.Built package = Build(new PackageRequest
        {
            Name = plan.Name,
            CreatedAtMs = session.NowMs,
            Variants = [.. variants.Select(static variant => variant.Ready)],
            Golden = choice.Golden,
            Reference = reference,
            Graph = graph,
            Labels = Path.GetFileName(plan.Labels),
            Provenance = plan.Provenance,
        });
        if (!terms.IsForced)
        {
            await TagRules.RequireFreeAsync(session, plan.Name, terms.Tags, ct).ConfigureAwait(false);
        }

        byte[] envelope = AuthorSignature.Attach(
            Dsse.Sign(PackageFormat.PayloadType, package.Payload.AsSpan(), key), package.Manifest, key, author);
        PackagePush push = new(session, package);
        PushResource stored = await push.RunAsync(envelope, ct).ConfigureAwait(false);
        foreach (string tag in terms.Tags)
        {
            _ = await TagRules.MoveAsync(session, (plan.Name, tag), stored.Digest, terms.IsForced, ct)
                .ConfigureAwait(false);
        }

        return new PushDescription(stored, terms.Tags, push, package)
        {
            Sentences = drift.Length > 0 ? choice.Sentences.Add(drift) : choice.Sentences,
            Golden = choice.Sentences,
            Reference = drift,
        };
    }

    private static BuildOutcome.Built Build(PackageRequest request) => PackageBuilder.Build(request) switch
    {
        BuildOutcome.Built built => built,
        BuildOutcome.Refused refused => throw new CliException(refused.Findings, ExitCodes.Refused),
        _ => throw Check.Unreachable(),
    };

    private static async Task<byte[]> SamplesAsync(string path, CancellationToken ct)
    {
        if (path.Length == 0)
        {
            return [];
        }

        FileInfo file = new(path);
        if (!file.Exists)
        {
            throw new CliException(CliErrors.File, $"{path} does not exist", ExitCodes.Failed);
        }

        return file.Length > ModelLimits.GoldenBytesMax
            ? throw new CliException(
                [ContentErrors.TooLarge.At(
                    $"{path} has {Ages.Bytes(file.Length)}, "
                    + $"at most {Ages.Bytes(ModelLimits.GoldenBytesMax)} are taken")],
                ExitCodes.Refused)
            : await File.ReadAllBytesAsync(path, ct).ConfigureAwait(false);
    }
}
