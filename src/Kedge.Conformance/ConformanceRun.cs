using System.Collections.Immutable;
using System.Globalization;
using System.Net.Sockets;
using Kedge.Conformance.Models;
using Kedge.Conformance.Reports;
using Kedge.Conformance.Rules;

namespace Kedge.Conformance;

/// <summary>
/// Checks a server rule by rule, one after the other. Each check has a connection and a time of its own, so that what
/// one
/// of them breaks is not held against the next.
/// </summary>
internal static class ConformanceRun
{
    private static readonly ImmutableArray<ModelFacts?> Once = [null];

    /// <summary>Checks everything that the arguments ask for.</summary>
    /// <exception cref="UnusableTargetException">There is nothing to check.</exception>
    internal static async Task<ConformanceReport> RunAsync(
        ConformanceArguments arguments, CancellationToken stop)
    {
        Target target = await FindAsync(arguments, stop).ConfigureAwait(false);
        ImmutableArray<CheckResult>.Builder results = ImmutableArray.CreateBuilder<CheckResult>();
        foreach (Rule rule in RuleBook.All.Where(rule =>
            arguments.Only.IsEmpty || arguments.Only.Contains(rule.Group)))
        {
            if (WhyNot(rule, target) is { } reason)
            {
                results.Add(new CheckResult(rule, "", Verdict.NotOffered, reason, []));
                continue;
            }

            IEnumerable<ModelFacts?> models = rule.Fits is null ? Once : target.Models.Where(rule.Fits);
            foreach (ModelFacts? model in models)
            {
                results.Add(await CheckAsync(rule, target, model, arguments.CheckTime, stop).ConfigureAwait(false));
            }
        }

        return new ConformanceReport(target.Name, target.Extensions, results.ToImmutable());
    }

    private static async Task<Target> FindAsync(ConformanceArguments arguments, CancellationToken stop)
    {
        using CancellationTokenSource limit = new(ConformanceLimits.CheckTime);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        try
        {
            return await Target.FindAsync(arguments, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException late) when (!stop.IsCancellationRequested)
        {
            throw new UnusableTargetException($"{arguments.Http.Host} does not answer.", late);
        }
    }

    private static string? WhyNot(Rule rule, Target target)
    {
        if (rule.Extension.Length > 0 && !target.Extensions.Contains(rule.Extension))
        {
            return $"The server does not name the extension {rule.Extension}.";
        }

        if (rule.IsGrpc && target.Grpc is null)
        {
            return "No address for gRPC was given.";
        }

        if (rule.Controls && !target.MayControl)
        {
            return "It changes the server, which needs --control.";
        }

        return rule.Fits is not null && !target.Models.Any(rule.Fits) ? "No model is fit for it." : null;
    }

    private static async Task<CheckResult> CheckAsync(
        Rule rule, Target target, ModelFacts? model, TimeSpan time, CancellationToken stop)
    {
        using CancellationTokenSource limit = new(time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        using Trial trial = new(target, model, both.Token);
        CheckResult Result(Verdict verdict, string words) => new(
            rule, model?.Name ?? "", verdict, words, verdict == Verdict.Fail ? trial.Exchanges : []);
        try
        {
            await rule.Check(trial).ConfigureAwait(false);
            return Result(Verdict.Pass, "");
        }
        catch (NotOfferedException reason)
        {
            return Result(Verdict.NotOffered, reason.Message);
        }
        catch (RuleBrokenException broken)
        {
            return Result(Verdict.Fail, broken.Message);
        }
        catch (Exception failure) when (failure is SocketException or IOException or HttpRequestException)
        {
            return Result(Verdict.Fail, $"The connection broke: {failure.Message}");
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            return Result(Verdict.Fail, string.Create(
                CultureInfo.InvariantCulture, $"No answer within {time.TotalSeconds} s."));
        }
    }
}
