using System.CommandLine;
using Kedge.Cli.Models;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Content;
using Kedge.Content.Gate;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Manifests;
using Kedge.Core.Models;
using Kedge.Inference.Golden;
using Kedge.Onnx;

namespace Kedge.Cli.Commands;

/// <summary>
/// <c>kedge model optimize FILE</c>: makes smaller and faster variants of a model, runs them beside it on the same
/// samples, and writes those that lose no more than was allowed. Needs no server.
/// </summary>
internal static class ModelOptimizeCommand
{
    private const int RunsMax = 10_000;
    private const int ThreadsMax = 256;

    public static Command Create(CommandAction action)
    {
        OptimizeArguments arguments = new();
        Command command = new("optimize", "Make smaller and faster variants of a model and compare them.");
        arguments.AddTo(command);
        action.Bind(command, (session, ct) => OptimizeAsync(session, arguments, ct));
        return command;
    }

    private static async Task<int> OptimizeAsync(Session session, OptimizeArguments arguments, CancellationToken ct)
    {
        string path = session.Get(arguments.File) ?? "";
        VariantKind[] kinds = Kinds(session.Get(arguments.To) ?? "");
        VariantComparison.Options options = Options(session, arguments);
        string folder = session.Get(arguments.Out) is { Length: > 0 } given
            ? given
            : Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
        byte[] model = await ReadAsync(path, OnnxLimits.ModelBytesMax, ct).ConfigureAwait(false);
        string goldenPath = session.Get(arguments.Golden) ?? "";
        options = options with { Golden = await GoldenAsync(goldenPath, ct).ConfigureAwait(false) };

        // The gate reads every byte before a native runtime sees the file.
        GateOutcome outcome = ModelGate.Inspect(path, model);
        if (outcome is GateOutcome.Refused refused)
        {
            throw new CliException(refused.Findings, ExitCodes.Refused);
        }

        if (outcome is GateOutcome.Accepted { Format: not ModelFormat.Onnx } other)
        {
            throw new CliException(CliErrors.OnlyOnnx, $"{path} is a {other.Format} file", ExitCodes.Refused);
        }

        List<VariantResult> made = [new VariantResult { Name = "original", File = model }];
        VariantMaker maker = new(model);
        await ProgressLine.RunAsync(session.World, "making the variants", kinds.Length, async advance =>
        {
            await Task.Yield();
            foreach (VariantKind kind in kinds)
            {
                ct.ThrowIfCancellationRequested();
                made.Add(Make(maker, kind));
                advance(1);
            }
        }).ConfigureAwait(false);

        VariantComparison comparison = new(session, options);
        List<VariantResult> results = await comparison.RunAsync(made, ct).ConfigureAwait(false);
        results = await VariantFiles.WriteAsync(results, path, folder, ct).ConfigureAwait(false);
        OptimizeText text = new(path, results, comparison.Samples, goldenPath);
        text.Print(session.Print, OutputOption.Parse(session.Get(arguments.Output)));
        Finding[] refusals = [.. results.Select(static result => result.Refusal).OfType<Finding>()];
        return refusals.Length == 0 ? ExitCodes.Ok : throw new CliException([.. refusals], ExitCodes.Refused);
    }

    private static VariantResult Make(VariantMaker maker, VariantKind kind)
    {
        string name = Name(kind);
        Finding? refusal = maker.Make(kind, out ReadOnlyMemory<byte> file, out string weights);
        return new VariantResult
        {
            Name = name,
            File = file,
            Weights = weights,
            Refusal = refusal is null ? null : refusal with { Message = $"{name}: {refusal.Message}" },
        };
    }

    private static VariantKind[] Kinds(string text)
    {
        VariantKind[] kinds = [.. text.Split(',', StringSplitOptions.TrimEntries).Select(word => word switch
        {
            "graph" => VariantKind.Graph,
            "fp16" => VariantKind.Fp16,
            "int8" => VariantKind.Int8,
            _ => throw new CliException(
                CliErrors.Usage,
                $"'{word}' is no variant{DidYouMean.Sentence(word, ["graph", "fp16", "int8"])}",
                ExitCodes.Usage),
        }).Distinct()];
        return kinds;
    }

    private static string Name(VariantKind kind) => kind switch
    {
        VariantKind.Graph => "graph",
        VariantKind.Fp16 => "fp16",
        VariantKind.Int8 => "int8",
        VariantKind.Unknown => throw Check.Unreachable(kind),
    };

    private static VariantComparison.Options Options(Session session, OptimizeArguments arguments)
    {
        int runs = session.Get(arguments.Runs);
        int threads = session.Get(arguments.Threads);
        string loss = session.Get(arguments.MaxLoss) ?? "";
        if (runs is < 1 or > RunsMax || threads is < 0 or > ThreadsMax)
        {
            throw new CliException(
                CliErrors.Usage, $"--runs takes 1..{RunsMax} and --threads 0..{ThreadsMax}", ExitCodes.Usage);
        }

        return LossBound.TryParse(loss, out LossBound? bound)
            ? new VariantComparison.Options(threads, runs, bound, Golden: null)
            : throw new CliException(
                CliErrors.Usage,
                $"--max-loss {loss} is neither a share as 1% nor a list of top1, accuracy, abs and rel",
                ExitCodes.Usage);
    }

    private static async Task<GoldenSamples?> GoldenAsync(string path, CancellationToken ct)
    {
        if (path.Length == 0)
        {
            return null;
        }

        byte[] json = await ReadAsync(path, ModelLimits.GoldenBytesMax, ct).ConfigureAwait(false);
        return GoldenSamples.TryParse(json, out GoldenSamples? samples, out Finding? fault)
            ? samples
            : throw new CliException([fault], ExitCodes.Refused);
    }

    private static async Task<byte[]> ReadAsync(string path, long bytesMax, CancellationToken ct)
    {
        FileInfo file = new(path);
        if (!file.Exists)
        {
            throw new CliException(CliErrors.File, $"{path} does not exist", ExitCodes.Failed);
        }

        return file.Length > bytesMax
            ? throw new CliException(
                [ContentErrors.TooLarge.At(
                    $"{path} has {Ages.Bytes(file.Length)}, at most {Ages.Bytes(bytesMax)} are taken")],
                ExitCodes.Refused)
            : await File.ReadAllBytesAsync(path, ct).ConfigureAwait(false);
    }
}
