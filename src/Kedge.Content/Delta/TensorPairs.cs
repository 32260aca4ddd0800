using Kedge.Content.Formats;

namespace Kedge.Content.Delta;

/// <summary>
/// Which tensor of the base each tensor of the target is compared with: the one of its name, and where names changed,
/// the
/// next one that has its type and size. A wrong pair costs nothing but the attempt, since elements are written alone
/// where
/// that is smaller.
/// </summary>
internal sealed class TensorPairs
{
    private readonly TensorSpan?[] _partners;

    public TensorPairs(TensorMap target, TensorMap baseMap)
    {
        _partners = new TensorSpan?[target.Spans.Length];
        HashSet<TensorSpan> taken = new(ReferenceEqualityComparer.Instance);
        PairByName(target, baseMap, taken);
        PairByShape(target, baseMap, taken);
    }

    /// <summary>The partner of the target's tensor with this index; null when it has none.</summary>
    public TensorSpan? this[int tensor] => _partners[tensor];

    private void PairByName(TensorMap target, TensorMap baseMap, HashSet<TensorSpan> taken)
    {
        Dictionary<string, TensorSpan> named = new(StringComparer.Ordinal);
        foreach (TensorSpan span in baseMap.Spans)
        {
            if (span.Name.Length > 0)
            {
                _ = named.TryAdd(span.Name, span);
            }
        }

        for (int index = 0; index < _partners.Length; index++)
        {
            TensorSpan span = target.Spans[index];
            if (named.TryGetValue(span.Name, out TensorSpan? partner) && partner.Element == span.Element)
            {
                _partners[index] = partner;
                _ = taken.Add(partner);
            }
        }
    }

    private void PairByShape(TensorMap target, TensorMap baseMap, HashSet<TensorSpan> taken)
    {
        Dictionary<(ElementKind Element, long Bytes), Queue<TensorSpan>> free = [];
        foreach (TensorSpan span in baseMap.Spans)
        {
            if (!taken.Contains(span))
            {
                if (!free.TryGetValue((span.Element, span.Bytes), out Queue<TensorSpan>? queue))
                {
                    free[(span.Element, span.Bytes)] = queue = new Queue<TensorSpan>();
                }

                queue.Enqueue(span);
            }
        }

        for (int index = 0; index < _partners.Length; index++)
        {
            TensorSpan span = target.Spans[index];
            if (_partners[index] is null
                && free.TryGetValue((span.Element, span.Bytes), out Queue<TensorSpan>? queue)
                && queue.TryDequeue(out TensorSpan? partner))
            {
                _partners[index] = partner;
            }
        }
    }
}
