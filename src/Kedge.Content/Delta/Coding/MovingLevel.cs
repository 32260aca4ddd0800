using System.Runtime.CompilerServices;

namespace Kedge.Content.Delta.Coding;

/// <summary>A mean that moves: exact over the first values, then each counts for a 32nd. Integers only.</summary>
internal struct MovingLevel
{
    private const int ValuesExact = 32;
    private const int Shift = 5;

    private int _seen;

    /// <summary>The mean, in the unit of what was added.</summary>
    public int Value { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int value)
    {
        if (_seen < ValuesExact)
        {
            _seen++;
            Value += (value - Value) / _seen;
        }
        else
        {
            Value += (value - Value) >> Shift;
        }
    }

    /// <summary>Lets the next few values count for more: something else begins.</summary>
    public void Loosen() => _seen = Math.Min(_seen, 2);
}
