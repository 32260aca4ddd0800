using System.Collections.Immutable;

namespace Kedge.Core.Manifests;

/// <summary>A piece of a manifest as it was written, with its place, so that every finding can name a line. Nothing is
/// interpreted yet: what a scalar means is decided by the field that it stands in.</summary>
[Closed]
public abstract record ManifestNode
{
    private ManifestNode(int line, int column) => (Line, Column) = (line, column);

    /// <summary>Line in the text, from 1; 0 for a node that was made by us.</summary>
    public int Line { get; }

    /// <summary>Column in the line, from 1; 0 for a node that was made by us.</summary>
    public int Column { get; }

    /// <summary>A single value.</summary>
    public sealed record Scalar : ManifestNode
    {
        /// <summary>A single value at its place.</summary>
        /// <param name="text">The value without quotes.</param>
        /// <param name="quoted">True when it was written in quotes or as a block, so that it can only be text.</param>
        /// <param name="line">Line, from 1.</param>
        /// <param name="column">Column, from 1.</param>
        public Scalar(string text, bool quoted, int line = 0, int column = 0)
            : base(line, column) => (Text, IsQuoted) = (text, quoted);

        /// <summary>The value without quotes.</summary>
        public string Text { get; }

        /// <summary>
        /// True when it can only be text; false when it may also be a number, a truth value or nothing.
        /// </summary>
        public bool IsQuoted { get; }
    }

    /// <summary>
    /// Fields with their values, in the order in which they were written. Never compared as a record.
    /// </summary>
    public sealed record Mapping : ManifestNode
    {
        /// <summary>Fields at their place.</summary>
        public Mapping(ImmutableArray<ManifestEntry> entries, int line = 0, int column = 0)
            : base(line, column) => Entries = entries;

        /// <summary>The fields; keys may repeat, which the check reports.</summary>
        public ImmutableArray<ManifestEntry> Entries { get; }

        /// <summary>The value of the first field with this name, or null.</summary>
        public ManifestNode? Find(string key)
        {
            foreach (ManifestEntry entry in Entries)
            {
                if (entry.Key == key)
                {
                    return entry.Value;
                }
            }

            return null;
        }
    }

    /// <summary>Values in order. Never compared as a record.</summary>
    public sealed record Sequence : ManifestNode
    {
        /// <summary>Values at their place.</summary>
        public Sequence(ImmutableArray<ManifestNode> items, int line = 0, int column = 0)
            : base(line, column) => Items = items;

        /// <summary>The values.</summary>
        public ImmutableArray<ManifestNode> Items { get; }
    }
}
