# One loop for everything that listens.
tunnel_library(tunnel_acceptor
  SOURCES acceptor.cpp
  HEADERS acceptor.hpp
  LINKS tunnel_base Boost::headers Threads::Threads)

tunnel_library(tunnel_control
  SOURCES control_client.cpp control_server.cpp
  HEADERS control_client.hpp control_server.hpp
  LINKS tunnel_acceptor tunnel_requests Boost::headers Threads::Threads)
