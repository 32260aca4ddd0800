using System.Collections.Immutable;
using Kedge.Inference.Statistics;

namespace Kedge.ModelServer.Metrics;

/// <summary>Runs of one model by size; added to by any thread, without a lock.</summary>
/// <param name="rowsMax">Largest size; a larger run counts as this one.</param>
internal sealed class BatchCounter(int rowsMax)
{
    private readonly DurationCounter[] _input = new DurationCounter[rowsMax + 1];
    private readonly DurationCounter[] _infer = new DurationCounter[rowsMax + 1];
    private readonly DurationCounter[] _output = new DurationCounter[rowsMax + 1];

    internal void Add(int rows, long inputNs, long inferNs, long outputNs)
    {
        int size = Math.Min(rows, rowsMax);
        _input[size].Add(inputNs);
        _infer[size].Add(inferNs);
        _output[size].Add(outputNs);
    }

    internal ImmutableArray<BatchStatistics> Read()
    {
        ImmutableArray<BatchStatistics>.Builder sizes = ImmutableArray.CreateBuilder<BatchStatistics>();
        for (int size = 1; size <= rowsMax; size++)
        {
            DurationCount infer = _infer[size].Read();
            if (infer.Count > 0)
            {
                sizes.Add(new BatchStatistics(size, _input[size].Read(), infer, _output[size].Read()));
            }
        }

        return sizes.ToImmutable();
    }
}
