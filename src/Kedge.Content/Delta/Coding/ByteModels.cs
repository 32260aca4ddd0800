namespace Kedge.Content.Delta.Coding;

/// <summary>Adaptive codes of whole bytes, one for each context.</summary>
internal sealed class ByteModels
{
    private uint[] _nodes = [];

    /// <summary>Forgets everything: a segment begins, with so many contexts.</summary>
    public void Reset(int contexts)
    {
        if (_nodes.Length < contexts * 256)
        {
            _nodes = new uint[contexts * 256];
        }

        _nodes.AsSpan(0, contexts * 256).Fill(BitModel.Fresh);
    }

    /// <summary>The 255 decisions of one byte, as a tree of which node 1 is the root.</summary>
    public Span<uint> Nodes(int context) => _nodes.AsSpan(context * 256, 256);
}
