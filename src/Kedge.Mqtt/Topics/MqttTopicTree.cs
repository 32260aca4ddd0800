using System.Diagnostics.CodeAnalysis;
using Kedge.Core;

namespace Kedge.Mqtt.Topics;

/// <summary>
/// Subscriptions by topic filter, found by topic name.
/// <para>Approach: one node for each filter level. Invariants: a lookup visits at most two children a level (the name
/// and
/// <c>+</c>); nodes without use are removed; the number of nodes is bounded, so strangers cannot fill the memory. Not
/// thread safe.</para>
/// </summary>
/// <typeparam name="TSubscriber">Who subscribes; compared by its own equality.</typeparam>
/// <typeparam name="TValue">What is kept for each subscription, its QoS for instance.</typeparam>
public sealed class MqttTopicTree<TSubscriber, TValue>
    where TSubscriber : notnull
{
    /// <summary>Levels of one filter; a count. The link uses five.</summary>
    public const int LevelsMax = 32;

    private readonly Node _root = new();
    private readonly int _nodesMax;

    /// <summary>An empty tree.</summary>
    /// <param name="nodesMax">Levels of all filters together, shared ones counted once; a count.</param>
    public MqttTopicTree(int nodesMax) => _nodesMax = nodesMax;

    /// <summary>Levels of all filters together; a count.</summary>
    public int NodeCount { get; private set; }

    /// <summary>
    /// Adds a subscription or replaces its value; false when a bound is reached, with nothing changed.
    /// </summary>
    /// <param name="filter">Valid by <see cref="MqttTopic.IsFilter"/>.</param>
    /// <param name="subscriber">Who.</param>
    /// <param name="value">What is kept.</param>
    public bool TryAdd(string filter, TSubscriber subscriber, TValue value)
    {
        Check.That(MqttTopic.IsFilter(filter));
        string[] levels = filter.Split('/');
        if (levels.Length > LevelsMax || NodeCount + MissingNodes(levels) > _nodesMax)
        {
            return false;
        }

        Node node = _root;
        foreach (string level in levels)
        {
            if (!node.TryChild(level, out Node? child))
            {
                child = node.Add(level);
                NodeCount++;
            }

            node = child;
        }

        node.Subscribers ??= [];
        node.Subscribers[subscriber] = value;
        return true;
    }

    private int MissingNodes(string[] levels)
    {
        Node node = _root;
        for (int index = 0; index < levels.Length; index++)
        {
            if (!node.TryChild(levels[index], out Node? child))
            {
                return levels.Length - index;
            }

            node = child;
        }

        return 0;
    }

    /// <summary>Removes a subscription; false when there was none.</summary>
    public bool Remove(string filter, TSubscriber subscriber) => Remove(_root, filter, subscriber);

    // Filters that were added have at most LevelsMax levels, which bounds the recursion; others end at the first
    // missing child.
    private bool Remove(Node node, ReadOnlySpan<char> filter, TSubscriber subscriber)
    {
        ReadOnlySpan<char> level = MqttTopic.Level(filter, out ReadOnlySpan<char> rest, out bool ends);
        if (!node.TryChild(level, out Node? child))
        {
            return false;
        }

        bool removed = ends ? child.Subscribers?.Remove(subscriber) == true : Remove(child, rest, subscriber);
        if (removed && child.IsUseless)
        {
            node.Children!.Remove(level.ToString()); // TryChild found the child in it.
            NodeCount--;
        }

        return removed;
    }

    /// <summary>
    /// Adds to <paramref name="found"/> every subscription whose filter matches; one subscriber may come several times.
    /// </summary>
    /// <param name="topic">Valid by <see cref="MqttTopic.IsName"/>.</param>
    /// <param name="found">Gets subscriber and value.</param>
    public void Find(string topic, ICollection<KeyValuePair<TSubscriber, TValue>> found)
    {
        Check.That(MqttTopic.IsName(topic));
        bool skipsWildcards = topic[0] == '$';
        Find(_root, topic, topicEnded: false, skipsWildcards, found);
    }

    private static void Find(
        Node node,
        ReadOnlySpan<char> topic,
        bool topicEnded,
        bool skipsWildcards,
        ICollection<KeyValuePair<TSubscriber, TValue>> found)
    {
        if (!skipsWildcards && node.TryChild("#", out Node? all))
        {
            all.AddTo(found);
        }

        if (topicEnded)
        {
            node.AddTo(found);
            return;
        }

        ReadOnlySpan<char> level = MqttTopic.Level(topic, out ReadOnlySpan<char> rest, out bool ends);
        if (node.TryChild(level, out Node? exact))
        {
            Find(exact, rest, ends, skipsWildcards: false, found);
        }

        if (!skipsWildcards && node.TryChild("+", out Node? any))
        {
            Find(any, rest, ends, skipsWildcards: false, found);
        }
    }

    private sealed class Node
    {
        public Dictionary<string, Node>? Children { get; private set; }

        public Dictionary<TSubscriber, TValue>? Subscribers { get; set; }

        public bool IsUseless => Children is not { Count: > 0 } && Subscribers is not { Count: > 0 };

        public bool TryChild(ReadOnlySpan<char> level, [NotNullWhen(true)] out Node? child)
        {
            child = null;
            return Children?.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(level, out child) == true;
        }

        public Node Add(string level)
        {
            var child = new Node();
            Children ??= new Dictionary<string, Node>(StringComparer.Ordinal);
            Children.Add(level, child);
            return child;
        }

        public void AddTo(ICollection<KeyValuePair<TSubscriber, TValue>> found)
        {
            foreach (KeyValuePair<TSubscriber, TValue> subscription in Subscribers ?? [])
            {
                found.Add(subscription);
            }
        }
    }
}
