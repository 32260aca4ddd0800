using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Inference.Golden;
using Kedge.Inference.Onnx;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Cli.Models;

/// <summary>
/// A model or a variant of it on the bare runtime: how long it takes to load and to answer, and what it answers.
/// </summary>
internal sealed class VariantTrial : IDisposable
{
    private readonly TimeProvider _time;
    private readonly OnnxSession _session;
    private readonly InferenceCall _call;
    private readonly List<double> _answerMs = [];

    private VariantTrial(TimeProvider time, OnnxSession session, TimeSpan load)
    {
        _time = time;
        _session = session;
        _call = new InferenceCall(session.Signature);
        Load = load;
    }

    /// <summary>How long loading took.</summary>
    public TimeSpan Load { get; }

    /// <summary>What it takes and gives.</summary>
    public ModelSignature Signature => _session.Signature;

    /// <summary>How many times an answer was timed.</summary>
    public int Runs => _answerMs.Count;

    /// <summary>Median time of an answer; zero before any was timed.</summary>
    public TimeSpan Latency
    {
        get
        {
            double[] sorted = [.. _answerMs.Order()];
            return sorted.Length == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(
                (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2);
        }
    }

    /// <summary>Loads a file.</summary>
    /// <exception cref="KedgeException">The runtime cannot.</exception>
    public static VariantTrial Start(ReadOnlyMemory<byte> file, int threads, TimeProvider time)
    {
        long start = time.GetTimestamp();
        OnnxSession session = OnnxSession.FromBytes(file.Span, new OnnxSessionOptions { IntraOpThreads = threads });
        return new VariantTrial(time, session, time.GetElapsedTime(start));
    }

    /// <summary>Answers a sample.</summary>
    /// <param name="sample">Its inputs.</param>
    /// <param name="isTimed">True to count how long it took.</param>
    /// <param name="fault">Why it could not; null when it did.</param>
    /// <returns>Every output, good until the next call.</returns>
    public ImmutableArray<Tensor> Answer(GoldenSample sample, bool isTimed, out Finding? fault)
    {
        _call.Clear();
        _call.WantAll(binary: false);
        for (int index = 0; index < _call.Inputs.Length; index++)
        {
            string name = _session.Signature.Inputs[index].Name;
            Tensor? given = sample.Inputs.FirstOrDefault(input => input.Name == name);
            if (given is null)
            {
                fault = CliErrors.NotRunnable.At($"A sample gives no input '{name}'.");
                return [];
            }

            _call.Inputs[index].CopyFrom(given);
        }

        long start = _time.GetTimestamp();
        fault = _session.Run(_call);
        if (isTimed)
        {
            _answerMs.Add(_time.GetElapsedTime(start).TotalMilliseconds);
        }

        return _call.Outputs;
    }

    /// <summary>Records samples from a model whose author gave none.</summary>
    public Finding? Record(int samples, Rng rng, out GoldenSamples? golden) =>
        GoldenRecorder.Record(_session, samples, rng, out golden);

    /// <summary>Runs the author's samples.</summary>
    public GoldenVerdict Judge(GoldenSamples samples) => GoldenRun.Of(_session, samples).Verdict;

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
