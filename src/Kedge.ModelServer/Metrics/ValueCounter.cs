using System.Collections.Immutable;
using Kedge.Core.Measure;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;
using Kedge.Inference.Values;

namespace Kedge.ModelServer.Metrics;

/// <summary>
/// Counts the values of some of a model's requests into the bins of its reference: a request each
/// <see cref="ServeLimits.ValuePeriodTime"/> at most, and a few values of each tensor of it. Only ever added to, by any
/// thread, without a lock or an allocation; read while it is added to.
/// </summary>
internal sealed class ValueCounter
{
    private readonly Counted[] _tensors;
    private readonly long _period;
    private long _nextAt;

    /// <summary>Counts for a model with this signature.</summary>
    /// <param name="references">What to count; what the model does not have stays at 0.</param>
    /// <param name="signature">Of the model.</param>
    /// <param name="time">Whose timestamps are given to <see cref="Count"/>.</param>
    internal ValueCounter(ImmutableArray<ValueReference> references, ModelSignature signature, TimeProvider time)
    {
        _tensors = [.. references.Select(r => new Counted(r, IndexOf(r, signature)))];
        _period = (long)(ServeLimits.ValuePeriodTime.TotalSeconds * time.TimestampFrequency);
        _nextAt = long.MinValue;
    }

    /// <summary>Looks at a request that was answered well, where it is time for one.</summary>
    internal void Count(InferenceCall call, long now)
    {
        long nextAt = Interlocked.Read(ref _nextAt);
        if (now < nextAt || Interlocked.CompareExchange(ref _nextAt, now + _period, nextAt) != nextAt)
        {
            return;
        }

        foreach (Counted counted in _tensors)
        {
            if (counted.Index >= 0 && (counted.Reference.IsInput || call.Wanted.Contains(counted.Index)))
            {
                counted.Add(counted.Reference.IsInput ? call.Inputs[counted.Index] : call.Outputs[counted.Index]);
            }
        }
    }

    /// <summary>What was counted so far.</summary>
    internal IEnumerable<ValueCounts> Read() => _tensors.Select(static t => t.Read());

    private static int IndexOf(ValueReference reference, ModelSignature signature)
    {
        ImmutableArray<TensorSpec> specs = reference.IsInput ? signature.Inputs : signature.Outputs;
        for (int i = 0; i < specs.Length; i++)
        {
            if (specs[i].Name == reference.Name)
            {
                return i;
            }
        }

        return -1;
    }

    private sealed class Counted(ValueReference reference, int index)
    {
        private readonly long[] _bins = new long[reference.Counts.Length];
        private long _samples;

        public ValueReference Reference => reference;

        public int Index => index;

        public void Add(Tensor tensor)
        {
            Span<double> values = stackalloc double[ValueSampler.ValuesMax];
            int count = ValueSampler.Take(tensor, values);
            foreach (double value in values[..count])
            {
                Interlocked.Increment(ref _bins[reference.BinOf(value)]);
            }

            if (count > 0)
            {
                Interlocked.Increment(ref _samples);
            }
        }

        public ValueCounts Read()
        {
            long samples = Interlocked.Read(ref _samples);
            long[] bins = new long[_bins.Length];
            for (int bin = 0; bin < bins.Length; bin++)
            {
                bins[bin] = Interlocked.Read(ref _bins[bin]);
            }

            return new ValueCounts(samples, bins);
        }
    }
}
